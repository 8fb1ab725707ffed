"""A question to Jira, what came back, and Jira's own words in it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraError, JiraNotPermitted, JiraNotThere, JiraUnavailable
from jira_staging.json_decoders import decoder_of
from jira_staging.json_mending import mended

T = TypeVar("T")

# Where Cloud keeps its platform API, and Data Center its own. Paths are written with Cloud's name only: the door spells them.
REST = "/rest/api/3"
REST_OF_DATA_CENTER = "/rest/api/2"

# Jira's words go into a message: enough for two sentences of a JQL error, not for a page of HTML.
LONGEST_WORDS = 500

# Where an answer that is no error list of Jira's own has its words: the gateway's, a problem's, the authorization server's.
WORDS_KEYS = ("message", "detail", "error_description", "error", "title")


@dataclass(frozen=True)
class Call(Generic[T]):
    """One question. All of ours only read, those sent by POST too, so each may be asked again.

    `shape` is what the JSON is decoded to (`msgspec.Raw` keeps it as bytes). `is_empty` says whether an answer holds
    nothing: such an answer never counts unless Jira names the account that it answers. With a `body` it is sent by POST.
    `is_divisible`: whoever asks can ask for less at once, so an answer that does not come in time is no reason to repeat it.
    `headers` are sent beside the usual ones.
    """

    path: str
    shape: type[T]
    is_empty: Callable[[T], bool]
    params: Mapping[str, Any] = field(default_factory=dict)
    body: object | None = field(default=None, repr=False)
    is_divisible: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    @property
    def route(self) -> str:
        """Method and path without ids: what Jira counts requests by."""
        return f"{self.method} {re.sub(r'/[0-9]+(?=/|$)', '/{id}', self.path)}"


@dataclass(frozen=True)
class Answer:
    """What came over the wire. `headers` are found by name in any case; `received_at` is in monotonic seconds."""

    status: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    url: str = ""
    received_at: float = 0.0

    def __str__(self) -> str:
        """As a log shows it: nothing of what it holds."""
        return f"answered {self.status} with {len(self.content):,} bytes"

    @property
    def account_id(self) -> str | None:
        """Whom Jira answered, where it says so. Data Center names a user, and nobody too."""
        user = self.headers.get("X-AUSERNAME")
        return self.headers.get("X-AAccountId") or (user if user != "anonymous" else None)

    @property
    def login_reason(self) -> str:
        """What Jira's sign-in filter says: `AUTHENTICATED_FAILED`, `AUTHENTICATION_DENIED`, `OK` or nothing."""
        return self.headers.get("X-Seraph-LoginReason", "")

    @property
    def trace_id(self) -> str | None:
        """Jira's own name for the request; Data Center calls it differently."""
        return self.headers.get("Atl-Traceid") or self.headers.get("X-Trace-Id") or self.headers.get("X-AREQUESTID")

    @property
    def is_html(self) -> bool:
        return "html" in self.headers.get("Content-Type", "").lower() or self.content[:200].lstrip().startswith(b"<")

    @property
    def begins_as_json(self) -> bool:
        """Whether it is JSON as far as its first character tells, however it goes on."""
        return self.content[:200].lstrip()[:1] in (b"{", b"[")

    def read(self, shape: type[T]) -> T:
        """The content decoded to `shape`; JiraAnswerUnusable where it is not that.

        JSON that only strict readers refuse (half emoji, deep nesting) is mended first: it must not cost its whole page.
        """
        try:
            return decoder_of(shape).decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            content = b"" if self.is_html else mended(self.content)
        try:
            return decoder_of(shape).decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = "an HTML page" if self.is_html else f"{len(self.content):,} bytes that are not the JSON expected ({error})"
            raise JiraAnswerUnusable(
                f"{self.url} answered {self.status} with {what}. Run it again later.", trace_id=self.trace_id
            ) from None


@dataclass(frozen=True)
class Traffic:
    """What a client has sent and waited for so far; the difference of two is what happened between them."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    wait_seconds: float = 0.0

    def __sub__(self, earlier: "Traffic") -> "Traffic":
        return Traffic(*(getattr(self, f.name) - getattr(earlier, f.name) for f in fields(self)))

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


class AnswerTooLarge(JiraAnswerUnusable):
    """The answer is larger than this client takes: ask for less at once. Asked for again, it would be as large."""

    retry: ClassVar[bool] = False
    exit_code = 3


class AnswerTooSlow(JiraUnavailable):
    """Jira works at the answer for longer than this client waits: ask for less at once."""


class JiraHasNone(JiraNotPermitted):
    """404 to a signed-in account: the thing is not there, or hidden from it."""


class NoSuchPath(JiraNotThere):
    """404 before anybody is signed in: no Jira is there, or one without this version of the API."""


class TryAgain(Exception):
    """An attempt failed in a way that may pass: `error` is what to raise when patience ends.

    `status` is what Jira answered, None where it did not; `asked_wait` the seconds it asked for, None where it named none.
    """

    def __init__(self, error: JiraError, *, status: int | None = None, asked_wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.status = status
        self.asked_wait = asked_wait


class Cancelled(Exception):
    """Nobody waits for this answer any longer."""


def jiras_words(answer: Answer) -> str:
    """What Jira says about a refusal, on one line and bounded: its errorMessages, a problem's detail, a page's title."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", _words(answer)).strip()[:LONGEST_WORDS]


def _words(answer: Answer) -> str:
    try:
        told = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _words_of_text(answer)
    if not isinstance(told, dict):
        return ""
    messages = told.get("errorMessages")
    parts = [str(message) for message in messages] if isinstance(messages, list) else []
    errors = told.get("errors")
    if isinstance(errors, dict):
        parts += [f"{name}: {message}" for name, message in errors.items()]
    return " ".join(parts) or next((str(told[key]) for key in WORDS_KEYS if told.get(key)), "")


def _words_of_text(answer: Answer) -> str:
    # What was to be data may hold anybody's: it is never quoted.
    if answer.begins_as_json:
        return "JSON that is broken off or invalid"
    text = answer.content[:4_000].decode("utf-8", "replace")
    # Jira's own 401 is a plain sentence that calls itself HTML.
    if not text.lstrip().startswith("<"):
        return text
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return f"an HTML page titled `{title[1].strip()}`" if title else "an HTML page without a title"


def holds_nothing(value: msgspec.Raw) -> bool:
    """Whether JSON of unknown shape is empty: `[]`, `{}`, a count of 0, or an object whose lists are all empty."""
    told = msgspec.json.decode(value)
    if not isinstance(told, dict):
        return not told
    lists = [item for item in told.values() if isinstance(item, list)]
    return not told or told.get("count") == 0 or (bool(lists) and not any(lists))
