"""Reports recounted from the simulated site's own objects, without any SQL."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from simulated_jira import lives
from simulated_jira.field_list import SPRINT, STORY_POINTS
from simulated_jira.issue import Issue
from simulated_jira.jira_site import Site
from simulated_jira.rendering import Renderer
from simulated_jira.selection import selection_of

Timeline = list[tuple[int, Any]]


def moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)


def held(timeline: Timeline, at_ms: int) -> Any:
    """What held at an instant: the last value that had begun; None before the first."""
    value = None
    for begins, known in timeline:
        if begins > at_ms:
            break
        value = known
    return value


@dataclass(frozen=True)
class Recount:
    """A site as its reports should show it, in a time zone; `as_of_ms` is when it was read."""

    site: Site
    zone: ZoneInfo
    as_of_ms: int

    @cached_property
    def issues(self) -> list[Issue]:
        return [issue for issue in self.site.issues.values() if issue.is_visible]

    @cached_property
    def payloads(self) -> dict[int, dict[str, Any]]:
        renderer = Renderer(self.site, selection_of(self.site, ["*all"]))
        return {issue.id: json.loads(renderer.issue(issue))["fields"] for issue in self.issues}

    @cached_property
    def category(self) -> dict[str, str]:
        return {status.id: status.category for status in self.site.all_statuses()}

    def day(self, at_ms: int) -> date:
        return datetime.fromtimestamp(at_ms / 1000, self.zone).date()

    def day_end(self, day: date) -> int:
        """The last millisecond of a day there."""
        after = datetime.combine(day + timedelta(days=1), datetime.min.time(), self.zone)
        return round(after.timestamp() * 1000) - 1

    def changes(self, issue: Issue, field_id: str) -> Iterator[tuple[int, dict[str, Any]]]:
        for entry in sorted(lives.histories(self.site, issue), key=lambda entry: (entry.created_ms, entry.id)):
            for item in json.loads(entry.items):
                if item.get("fieldId", item["field"]) == field_id:
                    yield entry.created_ms, item

    def single(self, issue: Issue, field_id: str, now: Any, side: str = "") -> Timeline:
        """The values of a field; `side` is what follows `from` and `to` in its changes."""
        known: Timeline = []
        for at_ms, item in self.changes(issue, field_id):
            known = known or [(issue.created_ms, item[f"from{side}"])]
            known.append((at_ms, item[f"to{side}"]))
        # Several changes of one instant leave one value.
        return list(dict(known or [(issue.created_ms, now)]).items())

    def status(self, issue: Issue) -> Timeline:
        return self.single(issue, "status", issue.body.value("status")["id"])

    def versions(self, issue: Issue) -> Timeline:
        """The sets of fix versions, undone from the present one."""
        now = frozenset(value["id"] for value in issue.body.value("fixVersions") or ())
        known: Timeline = []
        for at_ms, item in reversed(list(self.changes(issue, "fixVersions"))):
            known.append((at_ms, now))
            now = (now - {item["to"]}) | ({item["from"]} if item["from"] else set())
        return list(dict([(issue.created_ms, now), *reversed(known)]).items())

    def sprints(self, issue: Issue) -> Timeline:
        now = ", ".join(str(value["id"]) for value in issue.body.value(SPRINT) or ())
        told = self.single(issue, SPRINT, now)
        return [(at_ms, {int(part) for part in (text or "").split(",") if part.strip()}) for at_ms, text in told]

    def points(self, issue: Issue) -> Timeline:
        now = issue.body.value(STORY_POINTS)
        told = self.single(issue, STORY_POINTS, None if now is None else str(now), "String")
        return [(at_ms, float(text) if text else None) for at_ms, text in told]

    def stays(self, issue: Issue) -> list[tuple[str, int, int | None]]:
        """Status, since when, until when (None for the one that holds)."""
        known = self.status(issue)
        ends = [at_ms for at_ms, _ in known[1:]] + [None]
        return [(status, begins, end) for (begins, status), end in zip(known, ends, strict=True)]

    def is_done(self, issue: Issue, at_ms: int) -> bool:
        return self.category.get(held(self.status(issue), at_ms)) == "done"

    def flow(self, day: date) -> Counter[tuple[str, str, str]]:
        """How many issues were in which project, of which type, in which status at the end of a day."""
        end = self.day_end(day)
        projects = {project.id: project.key for project in self.site.projects}
        types = {kind.id: kind.payload["name"] for kind in self.site.all_issue_types()}
        names = {status.id: status.payload["name"] for status in self.site.all_statuses()}
        found: Counter[tuple[str, str, str]] = Counter()
        for issue in self.issues:
            if issue.created_ms <= end:
                project = held(self.single(issue, "project", issue.project.id), end)
                kind = held(self.single(issue, "issuetype", issue.body.value("issuetype")["id"]), end)
                found[projects[project], types[kind], names[held(self.status(issue), end)]] += 1
        return found

    def cycle(self, issue: Issue) -> tuple[datetime | None, datetime | None, int]:
        """When it was first in progress, when it last became done (None while it is not), how often it was reopened."""
        categories = [(self.category[status], begins) for status, begins, _ in self.stays(issue)]
        started = next((begins for category, begins in categories if category == "indeterminate"), None)
        reopened = sum(before == "done" != after for (before, _), (after, _) in pairwise(categories))
        done = None
        for category, begins in categories:
            done = (done or begins) if category == "done" else None
        return moment(started), moment(done), reopened

    def logged(self) -> dict[tuple[str, date, str], tuple[int, int, int]]:
        """By person, Monday and project: entries, issues, seconds."""
        rows = defaultdict(list)
        for issue in self.issues:
            for work in lives.worklogs(self.site, issue):
                day = self.day(work.started_ms)
                author = json.loads(work.author)["accountId"]
                rows[author, day - timedelta(days=day.weekday()), issue.project.key].append((issue.id, work.seconds))
        return {
            key: (len(found), len({issue for issue, _ in found}), sum(seconds for _, seconds in found))
            for key, found in rows.items()
        }

    def resolved_ms(self, issue: Issue) -> int | None:
        text = self.payloads[issue.id]["resolutiondate"]
        return round(datetime.fromisoformat(text).timestamp() * 1000) if text else None

    def working_seconds(self, begin_ms: int, end_ms: int, free: set[date]) -> int:
        """Seconds between two instants on days that are no weekend and not free, day by day, by the clocks on the wall."""
        begin, end = (datetime.fromtimestamp(at_ms / 1000, self.zone).replace(tzinfo=None) for at_ms in (begin_ms, end_ms))
        total = timedelta()
        day = begin.date()
        while day <= end.date():
            start = datetime.combine(day, datetime.min.time())
            if day.weekday() < 5 and day not in free:
                total += max(timedelta(), min(end, start + timedelta(days=1)) - max(begin, start))
            day += timedelta(days=1)
        return int(total.total_seconds())
