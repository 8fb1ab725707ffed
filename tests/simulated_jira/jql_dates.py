"""Dates in JQL: literals in the account's time zone, distances from now, and epoch milliseconds."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from simulated_jira.jql_parsing import Call, Literal

_DISTANCE = re.compile(r"^\s*([+-]?)\s*((?:\d+\s*[wdhmMy]?\s*)+)$")
_PART = re.compile(r"(\d+)\s*([wdhmMy]?)")
_MINUTES = {"": 1, "m": 1, "h": 60, "d": 1440, "w": 10_080, "M": 43_200, "y": 525_600}
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


class JqlDate:
    """What the words of a date mean to one account at one moment."""

    def __init__(self, zone_name: str, now_ms: int, *, in_minutes: bool = False) -> None:
        self.zone = ZoneInfo(zone_name)
        self.now_ms = now_ms
        self.in_minutes = in_minutes

    def milliseconds(self, operand: Literal | Call) -> int | None:
        """The instant, or None when the words are no date."""
        if isinstance(operand, Call):
            return self._call(operand)
        text = operand.text
        if not operand.is_quoted and text.isdigit():
            return None if self.in_minutes else int(text)
        distance = self._distance(text)
        if distance is not None:
            return self.now_ms + distance
        for form in _FORMATS:
            try:
                # The account's zone is put on in `_local`.
                return self._local(datetime.strptime(text.strip(), form))  # noqa: DTZ007
            except ValueError:
                continue
        return None

    def _local(self, moment: datetime) -> int:
        # An hour that comes twice means its first coming, an hour that never comes the one after it.
        return round(moment.replace(tzinfo=self.zone).timestamp() * 1000)

    def _distance(self, text: str) -> int | None:
        """`-5d`, `4w 2d`, `-90` (minutes): milliseconds from now."""
        match = _DISTANCE.match(text)
        if match is None or re.fullmatch(r"\d{4}", text.strip()):
            return None
        minutes = sum(int(count) * _MINUTES[unit] for count, unit in _PART.findall(match[2]))
        return (-minutes if match[1] == "-" else minutes) * 60_000

    def _call(self, call: Call) -> int | None:
        """`now()`, and the start or end of today, this week, month or year, moved by a distance such as `-1d`."""
        name = call.name.lower()
        if name == "now":
            return self.now_ms
        match = re.fullmatch(r"(startof|endof)(day|week|month|year)", name)
        if match is None:
            return None
        today = datetime.fromtimestamp(self.now_ms / 1000, self.zone).replace(
            hour=0, minute=0, second=0, microsecond=0, tzinfo=None
        )
        start = _start_of(today, match[2])
        if match[1] == "endof":
            start = _next(start, match[2]) - timedelta(minutes=1)
        distance = self._distance(call.arguments[0]) if call.arguments else 0
        return None if distance is None else self._local(start + timedelta(milliseconds=distance))


def _start_of(day: datetime, unit: str) -> datetime:
    if unit == "week":
        # Weeks start on Sunday for an English account.
        return day - timedelta(days=day.isoweekday() % 7)
    if unit == "month":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def _next(start: datetime, unit: str) -> datetime:
    if unit == "month":
        return (start + timedelta(days=32)).replace(day=1)
    if unit == "year":
        return start.replace(year=start.year + 1)
    return start + timedelta(days=7 if unit == "week" else 1)
