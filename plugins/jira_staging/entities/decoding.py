"""From JSON to structs: a whole page at once, and payload by payload where one does not fit."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

import msgspec

from jira_staging.entities.lenient_json import LenientDecoder
from jira_staging.errors import JiraAnswerUnusable
from jira_staging.json_mending import mended, needs_mending
from jira_staging.records import RejectedRow

# What the warehouses' bigint and double hold; Jira's own numbers fit, those that apps write may not.
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Finite = Annotated[float, msgspec.Meta(ge=-1.7976931348623157e308, le=1.7976931348623157e308)]

# What a member of type Raw holds where Jira gives null or nothing.
NULL = msgspec.Raw(b"null")

# Bytes: enough that the number of pages counts no more, and few enough that the memory is at hand.
_READ_TOGETHER = 100_000

S = TypeVar("S")
Steps = tuple[str | int, ...]
_STEP = re.compile(r"\.([^.\[\]`]+)|\[(\d+)\]")
# The members that name a payload, in the order of trust.
_NAMES = ("id", "accountId", "key", "name")


@dataclass
class Decoded(Generic[S]):
    """Structs in the order of the payloads, and what had to be left out of them.

    `damaged` holds, by the struct's place in `payloads`, the first member (of an issue: the field) of each part left out.
    """

    payloads: list[S] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    damaged: dict[int, set[str]] = field(default_factory=dict)


class PayloadDecoder(Generic[S]):
    """Decodes JSON arrays of one kind of payload, numbers in strings included; unknown members are skipped.

    `entity` is the staging table that rejected rows are written down for.
    """

    def __init__(self, payload: type[S], entity: str) -> None:
        self._entity = entity
        self._pages: LenientDecoder[list[list[S]]] = LenientDecoder(list[list[payload]])  # type: ignore[valid-type]
        self._page: LenientDecoder[list[S]] = LenientDecoder(list[payload])  # type: ignore[valid-type]
        self._one: LenientDecoder[S] = LenientDecoder(payload)

    def decode(self, pages: Sequence[bytes | msgspec.Raw]) -> Decoded[S]:
        """All payloads of all pages, read where they lie. Raises JiraAnswerUnusable for a page that is no JSON array."""
        decoded: Decoded[S] = Decoded()
        for page in pages:
            self._decode_page(mended(bytes(page)) if needs_mending(page) else page, decoded)
        return decoded

    def decode_each(self, pages: Sequence[msgspec.Raw]) -> list[Decoded[S]]:
        """What `decode` gives of each page by itself. Small pages are read together, which takes two thirds of the time."""
        return [decoded for together in _together(pages) for decoded in self._decode_together(together)]

    def _decode_together(self, pages: Sequence[msgspec.Raw]) -> list[Decoded[S]]:
        text = b"[" + b",".join(pages) + b"]"
        try:
            if not needs_mending(text):
                return [Decoded(payloads) for payloads in self._pages.decode(text)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
        return [self.decode([page]) for page in pages]

    def _decode_page(self, page: bytes | msgspec.Raw, decoded: Decoded[S]) -> None:
        try:
            decoded.payloads += self._page.decode(page)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            for payload in payloads_apart(page):
                self._decode_one(bytes(payload), decoded)

    def _decode_one(self, payload: bytes, decoded: Decoded[S]) -> None:
        cuts: dict[Steps, str] = {}
        rest = payload
        while True:
            try:
                struct = self._one.decode(rest)
            except msgspec.ValidationError as refused:
                reason, steps = _reason_and_steps(refused)
                while steps and _value(rest, steps) in (b"null", b""):  # then it is a parent that cannot do without it
                    reason = cuts.pop(steps, reason)
                    steps = steps[:-1]
                if not steps:
                    decoded.rejected.append(rejected_row(self._entity, payload, (), reason))
                    return
                cuts[steps] = reason
                rest = _without(rest, steps)
            else:
                break
        for steps, reason in cuts.items():
            decoded.rejected.append(rejected_row(self._entity, payload, steps, reason))
            member = steps[:2] if steps[0] == "fields" else steps[:1]
            decoded.damaged.setdefault(len(decoded.payloads), set()).add(_spelled(member))
        decoded.payloads.append(struct)


def _together(pages: Sequence[msgspec.Raw]) -> Iterator[Sequence[msgspec.Raw]]:
    begin = size = 0
    for place, page in enumerate(pages):
        size += len(memoryview(page))
        if size >= _READ_TOGETHER:
            yield pages[begin : place + 1]
            begin, size = place + 1, 0
    if begin < len(pages):
        yield pages[begin:]


def rejected_row(entity: str, payload: bytes, steps: Steps, reason: str) -> RejectedRow:
    """A rejected row for a payload, or for the part of it that the steps lead to."""
    source_id = _source_id(payload)
    if steps:
        source_id = f"{source_id}/{_spelled(steps)}"
    return RejectedRow(entity, source_id, reason, _value(payload, steps).decode())


def payloads_apart(page: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """The payloads of a JSON array, each still as JSON. Raises JiraAnswerUnusable for what is none."""
    text = bytes(page)
    for spelling in (text, None):
        try:
            return msgspec.json.decode(mended(text) if spelling is None else _utf8(spelling), type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            refused = error
    raise JiraAnswerUnusable(f"Jira's answer is not the JSON list that it should be ({refused}). Try again later.")


def _utf8(page: bytes) -> bytes:
    # Raw values are cut out unread, so bytes that are no text would surface only later.
    page.decode()
    return page


def _reason_and_steps(refused: msgspec.ValidationError) -> tuple[str, Steps]:
    reason, _, path = str(refused).partition(" - at `$")
    return reason, tuple(int(index) if index else name for name, index in _STEP.findall(path))


def _value(payload: bytes, steps: Steps) -> bytes:
    """What stands there; nothing if it is absent."""
    for step in steps:
        payload = bytes(_members(payload, step).get(step, b""))
    return payload


def _without(payload: bytes, steps: Steps) -> bytes:
    """The payload with null at the path."""
    step, rest = steps[0], steps[1:]
    members = _members(payload, step)
    members[step] = msgspec.Raw(_without(bytes(members[step]), rest) if rest else b"null")
    return msgspec.json.encode(members if isinstance(step, str) else list(members.values()))


def _members(payload: bytes, step: str | int) -> dict[str | int, msgspec.Raw]:
    if isinstance(step, str):
        return msgspec.json.decode(payload, type=dict[str | int, msgspec.Raw])
    return dict(enumerate(msgspec.json.decode(payload, type=list[msgspec.Raw])))


def _spelled(steps: Steps) -> str:
    text = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in steps)
    return text.removeprefix(".fields").removeprefix(".")


def _source_id(payload: bytes) -> str:
    """Jira's id of a payload; where it has none, the beginning of its digest, so that it can be told from others."""
    try:
        members = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        members = {}
    for name in _NAMES:
        text = bytes(members.get(name, b"null")).decode().strip('"')
        if text and text != "null" and text[0] not in "[{":
            return text
    return f"sha256:{hashlib.sha256(payload).hexdigest()[:16]}"
