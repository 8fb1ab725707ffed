"""Rich text to text that people can read: Atlassian documents (ADF) to Markdown, wiki markup as it is."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import msgspec
from pyadf import ConversionError, convert_jsonl

from jira_staging.entities.arrow_columns import Reject
from jira_staging.entities.rich_nodes import in_known_nodes

# Of the nodes that it does not know pyadf drops the text of these without a word; the others it refuses.
_DROPPED_WITH_TEXT = re.compile(rb'"e(?:xpand|mbedCard)"')
# What it renders badly is rare, and looked for in what it gave: the text of a document is short.
_TORN = ("- [ ] ", "- [x] ", "<broken_")
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TEXT_OR_BLOCK = re.compile(
    rb'"(?:text|url)"\s*:\s*('
    + _STRING
    + rb')|"type"\s*:\s*"(?:paragraph|heading|hardBreak|codeBlock|blockCard|embedCard|\w+Item|\w+Row|\w+Cell)"'
)
# A part nested too deep stands as a string of its JSON where a list or a node should.
_BURIED = re.compile(rb'(?:(?<=[\[,])|(?<="content":))(?="[\[{])' + _STRING)


@dataclass
class RichTexts:
    """The texts of one column, and how many of its documents came out as plain text only."""

    texts: list[str | None] = field(default_factory=list)
    plain: int = 0


def readable(values: Sequence[msgspec.Raw | None], reject: Reject) -> RichTexts:
    """The values of one rich text field as text: a document as Markdown, a string as it is.

    A document with nodes that cannot be rendered becomes its plain text. What is neither becomes null and is told to `reject`.
    """
    result = RichTexts([None] * len(values))
    documents: dict[int, bytes] = {}
    for row, value in enumerate(values):
        if value is None:
            continue
        json = bytes(value)
        if json.startswith(b'"'):
            result.texts[row] = msgspec.json.decode(json, type=str)
        elif json.startswith(b"{"):
            documents[row] = json
        else:
            reject(row, "Expected text or a document", json.decode("utf-8", "replace"))
    for row, text in zip(documents, _markdown(tuple(documents.values()), result), strict=True):
        result.texts[row] = text
    return result


def _markdown(documents: Sequence[bytes], result: RichTexts) -> Iterator[str]:
    lines = (_whole(document.replace(b"\n", b" ")) for document in documents)
    for document, text in zip(documents, _rendered(lines), strict=True):
        if isinstance(text, ConversionError) or any(torn in text for torn in _TORN):
            text = next(_rendered([in_known_nodes(document.replace(b"\n", b" "))]))  # noqa: PLW2901
        if isinstance(text, ConversionError):
            result.plain += 1
            yield plain_text(document)
        else:
            yield text


@dataclass
class _Lines:
    """What pyadf reads as a file, without the copies that one would take."""

    rest: Iterator[bytes]

    def readline(self) -> bytes:
        """The next document, nothing at the end."""
        return next(self.rest, b"")


def _rendered(lines: Iterable[bytes]) -> Iterator[str | ConversionError]:
    # What is skipped holds no text: pictures, rules, macros.
    file = cast("BinaryIO", _Lines(iter(lines)))
    rendered: Iterator[str | ConversionError] = convert_jsonl(file, on_error="include", on_known_unsupported="skip")
    return rendered


def _whole(line: bytes) -> bytes:
    return in_known_nodes(line) if _DROPPED_WITH_TEXT.search(line) else line


def plain_text(document: bytes) -> str:
    """All text of a document's JSON, a line a block, whatever its nodes are called and however deep they lie."""
    while _BURIED.search(document):
        document = _BURIED.sub(lambda part: msgspec.json.decode(part[0], type=str).encode(), document)
    pieces = [msgspec.json.decode(found[1], type=str) if found[1] else "\n" for found in _TEXT_OR_BLOCK.finditer(document)]
    return re.sub(r"\n{2,}", "\n", "".join(pieces)).strip("\n")
