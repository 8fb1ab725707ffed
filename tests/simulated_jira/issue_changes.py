"""Changing issues while the site runs, as people do: each change writes its history and the issue's `updated`."""

from collections.abc import Iterable
from typing import Any

from simulated_jira import rich_text
from simulated_jira.changelog_items import Item, items_for
from simulated_jira.field_list import SPRINT, Field
from simulated_jira.issue import Details, History, Issue
from simulated_jira.jira_site import Site
from simulated_jira.lives import detail
from simulated_jira.people import User
from simulated_jira.projects import Project
from simulated_jira.templates import encode
from simulated_jira.workflow import Status

NAMED = {"priority": "priorities", "resolution": "resolutions"}


class IssueChanges:
    """Issues are named by key or id, people by account id (the last person of the site by default).

    KeyError for an issue, project or value that the site does not have."""

    def __init__(self, site: Site) -> None:
        self.site = site

    # What all changes share --------------------------------------------------------------------------------------

    def issue(self, key: str) -> Issue:
        found = self.site.issue(str(key))
        if found is None:
            raise KeyError(f"no issue {key}")
        return found

    def project(self, key: str) -> Project:
        found = self.site.project(key)
        if found is None:
            raise KeyError(f"no project {key}")
        return found

    def person(self, account_id: str | None) -> User:
        if account_id is None:
            return self.site.people[-1]
        found = self.site.user(account_id)
        if found is None:
            raise KeyError(f"no user {account_id}")
        return found

    def touch(self, issue: Issue, now_live: Iterable[str] = ()) -> Details:
        """The issue's details, after its old state was kept for the search index and its `updated` set to now."""
        self.site.remember(issue)
        details = detail(self.site, issue)
        # A replayed issue keeps its bytes but for what changes.
        details.live |= {"updated", *now_live}
        issue.updated_ms = self.site.clock.now_ms()
        self.site.changed()
        return details

    def write(self, issue: Issue, values: dict[str, bytes], items: list[Item], author: str | None = None) -> None:
        """Set encoded values and add one history with these items."""
        details = self.touch(issue)
        details.body = details.body.with_values(values)
        self.add_history(issue, details, items, author)

    def add_history(self, issue: Issue, details: Details, items: list[Item], author: str | None) -> None:
        if items:
            entry = History(self.site.fresh_id(), issue.updated_ms, self.person(author).raw, encode(items))
            details.histories = [*details.histories, entry]

    def _field(self, field_id: str) -> Field:
        found = self.site.field(field_id)
        if found is None:
            raise KeyError(f"no field {field_id}")
        return found

    def _shaped(self, issue: Issue, field: Field, value: Any) -> Any:
        """A short form (an account id, a name, a text) as the value that Jira shows."""
        if isinstance(value, str):
            if field.type == "user":
                return self.person(value).payload
            if field.id in NAMED:
                return _named(getattr(self.site, NAMED[field.id]), value)
            if field.kind in ("description", "environment", "rich_text"):
                return rich_text.plain(value)
        if isinstance(value, list) and field.id in ("components", "fixVersions", "versions"):
            known = issue.project.components if field.id == "components" else issue.project.versions
            return [_named(known, entry) if isinstance(entry, str) else entry for entry in value]
        if field.id == SPRINT and isinstance(value, list):
            sprints = {sprint.id: sprint for project in self.site.projects for sprint in project.sprints()}
            return [sprints[entry].payload(self.site.stamps) if isinstance(entry, int) else entry for entry in value]
        return value

    # Fields ------------------------------------------------------------------------------------------------------

    def edit(self, key: str, fields: dict[str, Any], author: str | None = None) -> None:
        """Set fields, by id, to JSON values as Jira shows them, or to their short forms."""
        with self.site.lock:
            issue = self.issue(key)
            body = detail(self.site, issue).body
            values: dict[str, bytes] = {}
            items: list[Item] = []
            for field_id, value in fields.items():
                field = self._field(field_id)
                shaped = self._shaped(issue, field, value)
                items += items_for(field, body.value(field_id), shaped)
                values[field_id] = encode(shaped)
            self.write(issue, values, items, author)

    def put_raw(self, key: str, field_id: str, raw: bytes, *, touch: bool = True) -> None:
        """Set a field to any bytes at all, without a history; `touch=False` leaves `updated` alone too."""
        with self.site.lock:
            issue = self.issue(key)
            before = issue.updated_ms
            details = self.touch(issue)
            details.live -= {field_id}
            details.body = details.body.with_values({field_id: raw})
            if not touch:
                issue.updated_ms = before

    def put_history(self, key: str, items: list[Item], author: str | None = None) -> None:
        """Add a history that no change of the issue stands behind."""
        with self.site.lock:
            self.write(self.issue(key), {}, items, author)

    def statuses(self, issue: Issue) -> list[Status]:
        return self.site.statuses_of(issue.project)

    def transitions(self, issue: Issue) -> list[dict[str, Any]]:
        """As `/transitions` lists them: each status can be reached from each."""
        return [
            {
                "id": str(11 + 10 * n),
                "name": status.name,
                "to": status.payload,
                "hasScreen": n == 0,
                "isGlobal": True,
                "isInitial": False,
                "isAvailable": True,
                "isConditional": False,
                "isLooped": False,
            }
            for n, status in enumerate(self.statuses(issue))
        ]

    def transition(self, key: str, status: str, author: str | None = None) -> None:
        """To a status by name or id; the resolution is set on entering the `done` category and cleared on leaving it."""
        with self.site.lock:
            issue = self.issue(key)
            body = detail(self.site, issue).body
            new = next((s for s in self.statuses(issue) if status in (s.id, s.name, s.payload["name"])), None)
            if new is None:
                raise KeyError(f"no status {status} in {issue.project.key}")
            items: list[Item] = []
            values = {"status": encode(new.payload)}
            old_category = body.value("status")["statusCategory"]["key"]
            if new.category != old_category:
                now = f'"{self.site.stamps.text(self.site.clock.now_ms())}"'.encode()
                resolution = self.site.resolutions[0] if new.category == "done" else None
                items += items_for(self._field("resolution"), body.value("resolution"), resolution)
                values |= {
                    "resolution": encode(resolution),
                    "resolutiondate": now if resolution else b"null",
                    "statuscategorychangedate": now,
                }
            self.write(issue, values, items + items_for(self._field("status"), body.value("status"), new.payload), author)


def _named(known: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found = next((entry for entry in known if name in (entry["id"], entry["name"])), None)
    if found is None:
        raise KeyError(f"no {name} among {', '.join(entry['name'] for entry in known)}")
    return found
