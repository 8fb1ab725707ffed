"""The site's own clock, and how Jira writes an instant."""

import threading
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import formatdate
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1)


def machine_ms() -> int:
    return time.time_ns() // 1_000_000


class SiteClock:
    """Milliseconds since the epoch by the site: it ticks from `start_ms` on, until a test freezes, sets or advances it."""

    def __init__(self, start_ms: int | None = None) -> None:
        self._lock = threading.Lock()
        self._offset_ms = 0 if start_ms is None else start_ms - machine_ms()
        self._frozen_ms: int | None = None

    def now_ms(self) -> int:
        with self._lock:
            return machine_ms() + self._offset_ms if self._frozen_ms is None else self._frozen_ms

    def freeze(self, at_ms: int | None = None) -> int:
        """Stop the clock, at `at_ms` or where it stands; return that instant."""
        now = self.now_ms() if at_ms is None else at_ms
        with self._lock:
            self._frozen_ms = now
        return now

    def unfreeze(self) -> None:
        """Let a frozen clock tick on from where it stands."""
        with self._lock:
            if self._frozen_ms is not None:
                self._offset_ms = self._frozen_ms - machine_ms()
                self._frozen_ms = None

    def set(self, at_ms: int) -> None:
        with self._lock:
            if self._frozen_ms is None:
                self._offset_ms = at_ms - machine_ms()
            else:
                self._frozen_ms = at_ms

    def advance(self, seconds: float) -> int:
        """Move the clock (back, for a negative number) and return the new time."""
        with self._lock:
            if self._frozen_ms is None:
                self._offset_ms += round(seconds * 1000)
            else:
                self._frozen_ms += round(seconds * 1000)
        return self.now_ms()

    def http_date(self) -> str:
        return formatdate(self.now_ms() / 1000, usegmt=True)


class Timestamps:
    """Writes instants as Jira does: `2026-09-28T19:32:13.094+0500`, in one time zone."""

    def __init__(self, zone_name: str) -> None:
        self.zone = ZoneInfo(zone_name)
        self._offsets: dict[int, int | None] = {}
        self._days: dict[int, str] = {}
        self._suffixes: dict[int, str] = {}

    def text(self, at_ms: int) -> str:
        # Dozens of times in each issue: asking `zoneinfo` for every one would cost more than the rest of the issue.
        offset = self._offset_minutes(at_ms)
        day, rest = divmod(at_ms + offset * 60_000, DAY_MS)
        hour, rest = divmod(rest, 3_600_000)
        minute, rest = divmod(rest, 60_000)
        prefix = self._days.get(day)
        if prefix is None:
            prefix = self._days[day] = (EPOCH + timedelta(days=day)).isoformat()
        suffix = self._suffixes.get(offset)
        if suffix is None:
            hours, minutes = divmod(abs(offset), 60)
            suffix = self._suffixes[offset] = f"{'-' if offset < 0 else '+'}{hours:02d}{minutes:02d}"
        return f"{prefix}T{hour:02d}:{minute:02d}:{rest // 1000:02d}.{rest % 1000:03d}{suffix}"

    def _offset_minutes(self, at_ms: int) -> int:
        day = at_ms // DAY_MS
        if day not in self._offsets:
            first, last = self._zone_minutes(day * DAY_MS), self._zone_minutes((day + 1) * DAY_MS)
            # None marks a day on which the clocks change.
            self._offsets[day] = first if first == last else None
        known = self._offsets[day]
        return self._zone_minutes(at_ms) if known is None else known

    def _zone_minutes(self, at_ms: int) -> int:
        offset = datetime.fromtimestamp(at_ms / 1000, self.zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds() / 60)

    def day(self, at_ms: int) -> str:
        """The calendar day there, `2026-09-28`."""
        return datetime.fromtimestamp(at_ms / 1000, self.zone).strftime("%Y-%m-%d")

    def zulu(self, at_ms: int) -> str:
        """The same instant as sprints have it, `2026-09-28T14:32:13.094Z`."""
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


def parse_timestamp(text: str) -> int:
    """Milliseconds of an ISO time with an offset (`+0500`, `+05:00` or `Z`); ValueError for anything else."""
    if len(text) > 5 and text[-5] in "+-" and text[-4:].isdigit():
        text = f"{text[:-2]}:{text[-2:]}"
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no offset in {text!r}")
    return round(moment.timestamp() * 1000)
