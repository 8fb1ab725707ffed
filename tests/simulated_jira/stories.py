"""Templates of issues: a life told once (values at the start, changes, values at the end), lived by many issues.

A site of a million issues cannot keep a million payloads. Each issue lives the life of one of its project's templates,
with its own id, key, times, comments' ids and relatives; so histories always lead to the values that hold today."""

import random
from dataclasses import dataclass, field
from typing import Any

import msgspec

from simulated_jira import rich_text, words
from simulated_jira.changelog_items import Item, item, items_for
from simulated_jira.field_list import SPRINT, STORY_POINTS, Field
from simulated_jira.field_values import ValueInventor
from simulated_jira.issue import Body, Raw
from simulated_jira.people import User
from simulated_jira.projects import DAY_MS, Project
from simulated_jira.settings import Settings
from simulated_jira.workflow import PRIORITIES, RESOLUTIONS, SECURITY_LEVEL, IssueType, Status

encode = msgspec.json.encode


@dataclass(slots=True)
class Event:
    """Something in an issue's life, `at` between 0 (created) and 1 (last updated)."""

    at: float
    author: User | None


@dataclass(slots=True)
class Change(Event):
    items: Raw


@dataclass(slots=True)
class Remark(Event):
    """A comment. `edited` says that somebody else changed it a minute later."""

    body: Raw
    more: Raw
    edited: User | None


@dataclass(slots=True)
class Work(Event):
    seconds: int
    comment: Raw | None


@dataclass(slots=True)
class File(Event):
    name: str
    mime_type: str
    size: int


@dataclass
class Template:
    """`values` are those that all its issues share; `body` holds the same, encoded. `names` are all fields of such an issue."""

    summary: str
    values: dict[str, Any]
    body: Body
    reporter: User
    changes: list[Change] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    lifetime_ms: int = 0
    resolved_at: float | None = None
    category_changed_at: float = 0.0
    selected: dict[str, Raw] = field(default_factory=dict)

    def encode_again(self) -> None:
        """After something that the values point to (a version, a sprint) was changed in place."""
        self.body = Body({name: encode(value) for name, value in self.values.items()})
        self.selected.clear()


@dataclass(frozen=True)
class Cast:
    """What stories are made of: one for a project."""

    settings: Settings
    project: Project
    fields: list[Field]
    people: list[User]
    statuses: list[Status]
    issue_types: list[IssueType]


class Storyteller:
    """Tells the story of one template. `values` runs from the first state to the last while changes are written down."""

    def __init__(self, cast: Cast, inventor: ValueInventor, position: int) -> None:
        self.cast = cast
        self.rng = inventor.rng
        self.inventor = inventor
        self.position = position
        self.by_id = {field.id: field for field in cast.fields}
        self.values: dict[str, Any] = {}
        self.step = 0
        # The site's first project has one of each kind of overfull issue, so that the smallest site has them too.
        self.is_first = cast.project.id == "10000"
        self.reporter = inventor.person()

    def tell(self) -> Template:
        self._begin()
        template = Template(words.summary(self.rng), self.values, Body({}), self.reporter)
        wanted = self._count(
            self.cast.settings.histories, tail=0.04, often=(45, 70), forced=self.is_first and self.position == 3
        )
        while len(template.changes) < wanted:
            self._next_change(template)
        self._comment_and_log(template)
        self._scale(template)
        self.values |= self._time_fields(template)
        template.encode_again()
        return template

    def _count(self, average: float, *, tail: float, often: tuple[int, int], forced: bool) -> int:
        """A number of events; a few issues (`forced`, or a `tail` of all) have so many that Jira embeds only some of them."""
        if average <= 0:
            return 0
        rest = max(0.0, average - tail * sum(often) / 2) / (1 - tail)
        draw = self.rng.random()
        if forced or draw < tail:
            return self.rng.randint(*often)
        return round(self.rng.uniform(0, 2 * rest))

    def _begin(self) -> None:
        types = self.cast.issue_types
        level = 1 if self.position % 20 == 0 else -1 if self.position % 20 >= 15 else 0
        kind = self.rng.choice([t for t in types if t.level == level])
        mention = self.inventor.person()
        size = self.cast.settings.issue_bytes - 4800 - 50 * (len(self.cast.fields) - 42)
        described = self.rng.random() < 0.85
        description = rich_text.invented(self.rng, size=max(300, size), mention_of=(mention.account_id, mention.name))
        self.values |= {
            "issuetype": kind.payload,
            "status": self.cast.statuses[0].payload,
            "priority": self.rng.choice(PRIORITIES) if self.rng.random() < 0.95 else None,
            "resolution": None,
            "assignee": self.inventor.person().payload if self.rng.random() < 0.7 else None,
            "reporter": self.reporter.payload if self.rng.random() < 0.97 else None,
            "creator": self.reporter.payload,
            "labels": self.rng.sample(words.LABELS, self.rng.choice((0, 0, 1, 2))),
            "description": description if described else None,
            "environment": rich_text.plain("Chrome 129 / macOS") if self.rng.random() < 0.1 else None,
            "duedate": self.inventor.stamps.day(self.inventor.instant()) if self.rng.random() < 0.2 else None,
            "security": SECURITY_LEVEL if self.rng.random() < 0.05 else None,
            "issuerestriction": {"issuerestrictions": {}, "shouldDisplay": self.cast.project.is_team_managed},
            "workratio": -1,
        }
        self._begin_project_values()
        for field_ in self.cast.fields:
            if field_.is_custom and field_.kind not in ("rank", "epic_link", "sprint"):
                self.values[field_.id] = self.inventor.maybe(field_)

    def _begin_project_values(self) -> None:
        project = self.cast.project
        if not project.is_team_managed:
            # A team-managed project has no such fields unless it asks for them, so they are absent there, not null.
            self.values["components"] = self.rng.sample(project.components, self.rng.choice((0, 0, 1, 2)))
            self.values["fixVersions"] = self.rng.sample(project.versions, self.rng.choice((0, 1)))
            self.values["versions"] = self.rng.sample(project.versions, self.rng.choice((0, 0, 1)))
        sprints = project.sprints()
        self.values[SPRINT] = (
            [self.rng.choice(sprints).payload(self.inventor.stamps)] if sprints and self.rng.random() < 0.5 else None
        )

    def _next_change(self, template: Template) -> None:
        self.step += 1
        author = None if self.rng.random() < 0.01 else self.inventor.person()
        draw = self.rng.random()
        if draw < 0.4:
            items = self._move(template)
        elif draw < 0.85:
            items = self._change_value()
        else:
            items = [self._odd_item()]
        if items:
            template.changes.append(Change(float(self.step), author, encode(items)))

    def _set(self, field_id: str, value: Any) -> list[Item]:
        items = items_for(self.by_id[field_id], self.values.get(field_id), value)
        self.values[field_id] = value
        return items

    def _move(self, template: Template) -> list[Item]:
        """To the next status, sometimes back; a resolution comes and goes with the `done` category."""
        statuses = self.cast.statuses
        here = next(n for n, status in enumerate(statuses) if status.id == self.values["status"]["id"])
        there = min(here + 1, len(statuses) - 1) if self.rng.random() < 0.75 else self.rng.randrange(len(statuses))
        if there == here:
            return []
        new = statuses[there]
        items: list[Item] = []
        if new.category != statuses[here].category:
            template.category_changed_at = float(self.step)
            done = new.category == "done"
            items += self._set("resolution", self.rng.choice(RESOLUTIONS) if done else None)
            template.resolved_at = float(self.step) if done else None
        return items + self._set("status", new.payload)

    def _change_value(self) -> list[Item]:
        rng, project, sprints = self.rng, self.cast.project, self.cast.project.sprints()
        choices = ["assignee", "priority", "labels", "duedate", "description", "custom", "custom", STORY_POINTS]
        choices += ["fixVersions", "components", "versions"] if "components" in self.values else []
        choices += [SPRINT, SPRINT] if sprints else []
        match rng.choice(choices):
            case "assignee":
                return self._set("assignee", self.inventor.person().payload if rng.random() < 0.9 else None)
            case "priority":
                return self._set("priority", rng.choice(PRIORITIES))
            case "labels":
                return self._set("labels", rng.sample(words.LABELS, rng.randint(0, 3)))
            case "duedate":
                return self._set("duedate", self.inventor.stamps.day(self.inventor.instant()) if rng.random() < 0.8 else None)
            case "description":
                return self._redescribe()
            case "fixVersions" | "versions" as name:
                return self._set(name, rng.sample(project.versions, rng.randint(0, 2)))
            case "components":
                return self._set("components", rng.sample(project.components, rng.randint(0, 2)))
            case "customfield_10020":
                return self._resprint()
            case "customfield_10024":
                return self._set(STORY_POINTS, rng.choice((1.0, 2.0, 3.0, 5.0, 8.0, None)))
        return self._change_custom()

    def _redescribe(self) -> list[Item]:
        # Only the note below the text changes: a second whole document in each history would make histories of 20 KB.
        note = rich_text.plain(words.sentence(self.rng))
        if self.values["description"] is None:
            return self._set("description", note)
        return []

    def _resprint(self) -> list[Item]:
        """Carried over into the next sprint (and still in the old one), or taken out of all of them."""
        sprints = self.cast.project.sprints()
        held = self.values[SPRINT] or []
        if self.rng.random() < 0.2:
            return self._set(SPRINT, None)
        last = max((sprint["id"] for sprint in held), default=0)
        later = [sprint for sprint in sprints if sprint.id > last]
        return self._set(SPRINT, [*held, later[0].payload(self.inventor.stamps)]) if later else []

    def _change_custom(self) -> list[Item]:
        skipped = (
            "rank",
            "epic_link",
            "sprint",
            "development",
            "parent_link",
            "app_json",
            "sla",
            "assets",
            "time_in_status",
            "vulnerability",
        )
        fields = [f for f in self.cast.fields if f.is_custom and f.kind not in skipped]
        field_ = self.rng.choice(fields)
        return self._set(field_.id, self.inventor.value(field_) if self.rng.random() < 0.8 else None)

    def _odd_item(self) -> Item:
        """Changes that no field of the issue shows, most of them without a `fieldId`."""
        page = str(17000 + self.rng.randrange(1000))
        commit = f'This issue links to "Commit - {words.summary(self.rng)} (Web Link)"'
        return self.rng.choice(
            (
                item("RemoteIssueLink", (None, None), (page, commit)),
                item("RemoteIssueLink", (page, commit), (page, commit)),
                item("Workflow", ("18234", "Software Simplified Workflow"), ("21392", "Software Simplified Workflow 2")),
                item("Attachment", (page, f"draft-{page}.png"), (None, None)),
                item("Rank", ("", ""), ("", "Ranked higher"), "customfield_10019"),
            )
        )

    def _comment_and_log(self, template: Template) -> None:
        rng, settings = self.rng, self.cast.settings
        last = max(self.step, 1)
        comments = self._count(settings.comments, tail=0.01, often=(25, 32), forced=False)
        if settings.comments and (self.is_first and self.position == 7 or rng.random() < 0.001):
            comments = 130
        for _ in range(comments):
            author = self.inventor.person()
            visibility = {"type": "role", "value": "Administrators", "identifier": "Administrators"}
            more = b',"visibility":' + encode(visibility) if rng.random() < 0.05 else b""
            body = rich_text.document(
                rich_text.paragraph(rich_text.text(words.sentence(rng)), rich_text.mention(author.account_id, author.name))
            )
            edited = self.inventor.person() if rng.random() < 0.2 else None
            template.remarks.append(Remark(rng.uniform(0.01, last), author, encode(body), more, edited))
        for _ in range(self._count(settings.worklogs, tail=0.01, often=(25, 30), forced=self.is_first and self.position == 5)):
            note = encode(rich_text.plain(words.sentence(rng))) if rng.random() < 0.8 else None
            template.works.append(Work(rng.uniform(0.01, last), self.inventor.person(), 900 * rng.randint(1, 16), note))
        for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
            name, mime = rng.choice(
                (("screenshot 1.png", "image/png"), ("протокол.pdf", "application/pdf"), ("log.txt", "text/plain"))
            )
            template.files.append(File(rng.uniform(0.01, last), self.inventor.person(), name, mime, rng.randrange(10**7)))

    def _scale(self, template: Template) -> None:
        """Turn steps into parts of the lifetime: the last event is at 1, which is when the issue was last updated."""
        events: list[list[Any]] = [template.changes, template.remarks, template.works, template.files]
        last = max((event.at for group in events for event in group), default=0.0)
        if not last:
            return
        template.lifetime_ms = round(DAY_MS * min(400.0, self.rng.lognormvariate(2.0, 1.3)))
        for group in events:
            group.sort(key=lambda event: event.at)
            for event in group:
                event.at /= last
        template.category_changed_at /= last
        if template.resolved_at is not None:
            template.resolved_at /= last

    def _time_fields(self, template: Template) -> dict[str, Any]:
        spent = sum(work.seconds for work in template.works) or None
        original = self.rng.choice((None, 7200, 28800, 50400))
        remaining = max(0, original - (spent or 0)) if original is not None else 0 if spent else None
        tracking: dict[str, Any] = {}
        for name, seconds in (("originalEstimate", original), ("remainingEstimate", remaining), ("timeSpent", spent)):
            if seconds is not None:
                tracking |= {name: duration(seconds), f"{name}Seconds": seconds}
        total = (spent or 0) + (remaining or 0)
        progress: dict[str, int] = {"progress": spent or 0, "total": total}
        if total:
            progress["percent"] = 100 * (spent or 0) // total
        ratio = 100 * (spent or 0) // original if original else -1
        return {
            "timespent": spent, "timeestimate": remaining, "timeoriginalestimate": original,
            "aggregatetimespent": spent, "aggregatetimeestimate": remaining, "aggregatetimeoriginalestimate": original,
            "timetracking": tracking, "progress": progress, "aggregateprogress": progress, "workratio": ratio,
        }  # fmt: skip


def duration(seconds: int) -> str:
    """As Jira writes it, with days of eight hours and weeks of five days: `1w 1d 2h`."""
    parts = []
    for letter, size in (("w", 144_000), ("d", 28_800), ("h", 3600), ("m", 60)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{letter}")
    return " ".join(parts) or "0m"


def tell_story(cast: Cast, inventor: ValueInventor, position: int) -> Template:
    return Storyteller(cast, inventor, position).tell()


def story_rng(seed: int, project: Project, position: int) -> random.Random:
    return random.Random(f"{seed} {project.id} {position}")
