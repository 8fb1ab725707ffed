"""What an answer's headers say about the pace: how fast Jira may be asked, and how long it asks to wait."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from jira_staging.jira_api.answers import Answer

# Reasons that concern one route or one issue only; any other (a quota, a cost, none given) concerns the whole account.
NARROW_REASONS = ("jira-burst", "jira-per-issue")

# A policy over a longer window is a quota in points, not a rate of requests.
LONGEST_RATE_WINDOW_SECONDS = 60

POLICY = re.compile(r'"?([\w-]+)"?((?:;\s*\w+=[\w.]+)+)')


@dataclass(frozen=True)
class Signs:
    """The pace by one answer: requests a second and at once, requests left, and the wait asked for, in seconds.

    `is_shared`: these are of all routes together, as Data Center counts.
    """

    status: int
    per_second: float | None = None
    at_once: float | None = None
    left: float | None = None
    asked_wait: float | None = None
    reason: str = ""
    is_shared: bool = False

    @property
    def says_slow_down(self) -> bool:
        return self.status in (429, 503)

    @property
    def everywhere(self) -> bool:
        """Whether the wait that is asked for concerns every route."""
        return not self.reason.startswith(NARROW_REASONS)


def read_signs(answer: Answer) -> Signs:
    """The signs in an answer's headers; the `Beta-` ones are Jira's experiments and never act."""
    headers = answer.headers
    refilled = _rate_of_data_center(headers)
    rate, left = (refilled, None) if refilled else _rate(headers)
    return Signs(
        status=answer.status,
        per_second=rate,
        at_once=_number(headers.get("X-RateLimit-Limit")) if rate else None,
        left=left if left is not None else _number(headers.get("X-RateLimit-Remaining")) if rate else None,
        asked_wait=_asked_wait(headers) if answer.status == 429 or answer.status >= 500 else None,
        reason=headers.get("RateLimit-Reason", ""),
        is_shared=refilled is not None,
    )


def moment_of(text: str | None) -> datetime | None:
    """An HTTP date or an ISO time with a zone, as Jira writes them; None for anything else."""
    if not text:
        return None
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        pass
    else:
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    iso = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", text.strip())
    try:
        found = datetime.fromisoformat(iso)
    except ValueError:
        return None
    return found if found.tzinfo else None


def milliseconds_of(text: str | None) -> int | None:
    """The same in epoch milliseconds."""
    moment = moment_of(text)
    # Rounded, since a float may fall short of the millisecond that it stands for.
    return None if moment is None else round(moment.timestamp() * 1000)


def _rate_of_data_center(headers: Mapping[str, str]) -> float | None:
    """Requests a second by which a bucket of the user's own fills up; None where the site does not limit rates so."""
    filled, seconds = _number(headers.get("X-RateLimit-FillRate")), _number(headers.get("X-RateLimit-Interval-Seconds"))
    return filled / seconds if filled and seconds else None


def _rate(headers: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Requests a second by the tightest short policy, and what is left of it."""
    left = {name: values.get("r") for name, values in _policies(headers.get("RateLimit", ""))}
    best: tuple[float | None, float | None] = (None, None)
    for name, values in _policies(headers.get("RateLimit-Policy", "")):
        quota, window = values.get("q", 0.0), values.get("w", 0.0)
        if quota > 0 and 0 < window <= LONGEST_RATE_WINDOW_SECONDS and (best[0] is None or quota / window < best[0]):
            best = (quota / window, left.get(name))
    return best


def _policies(header: str) -> list[tuple[str, dict[str, float]]]:
    """`"name";q=100;w=1, "other";…` as names with their numbers."""
    found = []
    for name, rest in POLICY.findall(header):
        numbers = {key: _number(value) for key, value in re.findall(r"(\w+)=([\w.]+)", rest)}
        found.append((name, {key: value for key, value in numbers.items() if value is not None}))
    return found


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds by `Retry-After` (a number or a date) and `X-RateLimit-Reset`, whichever is longer.

    A date is measured from the same answer's `Date`, since this machine's clock may be wrong; without one it is not used.
    """
    retry_after = headers.get("Retry-After")
    waits = [_number(retry_after)]
    sent = moment_of(headers.get("Date"))
    if sent is not None:
        until = (moment_of(retry_after), moment_of(headers.get("X-RateLimit-Reset")))
        waits += [(moment - sent).total_seconds() for moment in until if moment is not None]
    return max((wait for wait in waits if wait is not None and wait > 0), default=None)


def _number(text: str | None) -> float | None:
    """A finite number that is not negative, else None."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
