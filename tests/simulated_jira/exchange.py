"""Requests as handlers see them, and answers as they give them."""

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import msgspec

if TYPE_CHECKING:
    from simulated_jira.faults import Fault
    from simulated_jira.sign_in import SignIn

JSON = "application/json;charset=UTF-8"
PROBLEM = "application/problem+json"


@dataclass
class Request:
    """`headers` have lower-case names; `path` is without the gateway's prefix, `target` is what came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    path: str = ""
    route: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    through_gateway: bool = False
    faults: "dict[str, Fault]" = field(default_factory=dict)
    late: float = 0.0
    _sign_in: "SignIn | None" = None

    @property
    def sign_in(self) -> "SignIn":
        assert self._sign_in is not None, "the gate signs in before a handler runs"
        return self._sign_in

    @sign_in.setter
    def sign_in(self, value: "SignIn") -> None:
        self._sign_in = value

    @cached_property
    def query(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.target.partition("?")[2], keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found

    def text(self, name: str, default: str = "") -> str:
        """A query parameter's first value."""
        return self.query.get(name, [default])[0]

    def words(self, name: str) -> list[str]:
        """A query parameter that may be repeated and may hold several values with commas."""
        return [word for value in self.query.get(name, []) for word in value.split(",") if word]

    def number(self, name: str, default: int) -> int:
        """A whole number of the query; BadRequest with Jira's problem body for anything else."""
        value = self.text(name, str(default))
        try:
            return int(value)
        except ValueError:
            raise Refused(problem(400, "Bad Request", f"Failed to convert '{name}' with value: '{value}'", self.path)) from None

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def json(self) -> Any:
        """The decoded body; Refused as Jira refuses a bad one."""
        if not self.headers.get("content-type", "").lower().startswith("application/json"):
            kind = self.headers.get("content-type", "")
            raise Refused(problem(415, "Unsupported Media Type", f"Content-Type '{kind}' is not supported.", self.path))
        if not self.body.strip() or self.body.strip() == b"null":
            raise Refused(bare_error(400, "No content to map to Object due to end of input"))
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise Refused(bare_error(400, "There was an error parsing JSON. Check that your request body is valid.")) from None

    def fault(self, kind: str) -> "Fault | None":
        return self.faults.get(kind)


@dataclass
class Answer:
    """`issues` counts those in the body, for the latency. `cut` sends less than it announces, `reset` drops the connection."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    issues: int = 0
    cut: bool = False
    reset: bool = False
    delay: float = 0.0


class Refused(Exception):
    """Ends a handler with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, msgspec.json.encode(value))


def raw(body: bytes, issues: int = 0) -> Answer:
    return Answer(200, body, issues=issues)


def errors(status: int, *messages: str, fields: dict[str, str] | None = None) -> Answer:
    """Jira's usual error body."""
    return answer({"errorMessages": list(messages), "errors": fields or {}}, status)


def bare_error(status: int, message: str) -> Answer:
    """The same without `errors`, as the JSON reader in front of Jira answers."""
    return answer({"errorMessages": [message]}, status)


def problem(status: int, title: str, detail: str, path: str) -> Answer:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": path}
    return Answer(status, msgspec.json.encode(body), PROBLEM)


def html(status: int, title: str) -> Answer:
    text = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, text.encode(), "text/html; charset=utf-8")


def trace_id() -> str:
    return uuid.uuid4().hex


def split_target(target: str) -> str:
    """The decoded path of a request target."""
    return unquote(target.partition("?")[0])


def listing(request: Request, rows: list[Any], *, default: int = 50, most: int = 50) -> dict[str, Any]:
    """Jira's page envelope with `values`: the page that `startAt` and `maxResults` name, at most `most` rows."""
    start = max(0, request.number("startAt", 0))
    wanted = request.number("maxResults", default)
    size = most if wanted <= 0 else min(wanted, most)
    values = rows[start : start + size]
    is_last = start + len(values) >= len(rows)
    where = f"https://simulated.atlassian.net{request.path}"
    seen: dict[str, Any] = {"self": f"{where}?maxResults={size}&startAt={start}"}
    if not is_last:
        seen["nextPage"] = f"{where}?maxResults={size}&startAt={start + size}"
    return seen | {"maxResults": size, "startAt": start, "total": len(rows), "isLast": is_last, "values": values}
