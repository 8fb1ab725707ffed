"""Templates of issues: a life told once (values at the start, changes, values at the end), lived by many issues.

A site of a million issues cannot keep a million payloads. Each issue lives the life of one of its project's templates,
with its own id, key, times, comments' ids and relatives; so histories always lead to the values that hold today."""

import random
from typing import Any

from simulated_jira import rich_text, words
from simulated_jira.changelog_items import Item, item, items_for
from simulated_jira.field_list import SPRINT, STORY_POINTS
from simulated_jira.field_values import ValueInventor
from simulated_jira.issue import Body
from simulated_jira.projects import DAY_MS, Project
from simulated_jira.service_desk import DESK_KINDS
from simulated_jira.story_children import add_children, event_count, time_fields
from simulated_jira.templates import Cast, Change, Template, encode
from simulated_jira.workflow import PRIORITIES, RESOLUTIONS, SECURITY_LEVEL

# Fields whose kind has no values that people change, or none that a history could tell.
UNCHANGED = frozenset(
    (
        "rank",
        "epic_link",
        "sprint",
        "development",
        "parent_link",
        "app_json",
        "sla",
        *DESK_KINDS,
        "assets",
        "time_in_status",
        "vulnerability",
    )
)


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
        settings = self.cast.settings
        self._begin()
        template = Template(words.summary(self.rng), self.values, Body({}), self.reporter)
        forced = self.is_first and self.position == 3
        wanted = event_count(self.rng, settings.histories, tail=0.04, often=(45, 70), forced=forced)
        while len(template.changes) < wanted:
            self._next_change(template)
        add_children(template, self.inventor, settings, self.step, self.position if self.is_first else None)
        self._scale(template)
        self.values |= time_fields(template, self.rng)
        template.encode_again()
        return template

    def _begin(self) -> None:
        types = self.cast.issue_types
        level = 1 if self.position % 20 == 0 else -1 if self.position % 20 >= 15 else 0
        kind = self.rng.choice([t for t in types if t.level == level])
        mention = self.inventor.person()
        size = self.cast.settings.issue_bytes - 4800 - 50 * (len(self.cast.fields) - 42)
        described = self.rng.random() < 0.85
        description = rich_text.invented(
            self.rng, size=max(300, round(size * self.rng.uniform(0.2, 1.8))), mention_of=(mention.account_id, mention.name)
        )
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
            here = field_.project_id in (None, self.cast.project.id)
            if here and field_.is_custom and field_.kind not in ("rank", "epic_link", "sprint"):
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
        """Another value for one of the fields that people change."""
        choices = ["assignee", "priority", "labels", "duedate", STORY_POINTS, "redescribe", "custom", "custom"]
        choices += ["fixVersions", "components", "versions"] if "components" in self.values else []
        choices += ["resprint", "resprint"] if self.cast.project.sprints() else []
        chosen = self.rng.choice(choices)
        if chosen in ("redescribe", "custom", "resprint"):
            return {"redescribe": self._redescribe, "custom": self._change_custom, "resprint": self._resprint}[chosen]()
        return self._set(chosen, self._other_value(chosen))

    def _other_value(self, field_id: str) -> Any:
        rng, project = self.rng, self.cast.project
        if field_id == "assignee":
            return self.inventor.person().payload if rng.random() < 0.9 else None
        if field_id == "labels":
            return rng.sample(words.LABELS, rng.randint(0, 3))
        if field_id == "duedate":
            return self.inventor.stamps.day(self.inventor.instant()) if rng.random() < 0.8 else None
        known: dict[str, list[Any]] = {
            "fixVersions": project.versions,
            "versions": project.versions,
            "components": project.components,
        }
        if field_id in known:
            return rng.sample(known[field_id], rng.randint(0, 2))
        return rng.choice(PRIORITIES) if field_id == "priority" else rng.choice((1.0, 2.0, 3.0, 5.0, 8.0, None))

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
        fields = [self.by_id[name] for name in self.values if name in self.by_id and name.startswith("customfield_")]
        fields = [field_ for field_ in fields if field_.kind not in UNCHANGED]
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


def tell_story(cast: Cast, inventor: ValueInventor, position: int) -> Template:
    return Storyteller(cast, inventor, position).tell()


def story_rng(seed: int, project: Project, position: int) -> random.Random:
    return random.Random(f"{seed} {project.id} {position}")
