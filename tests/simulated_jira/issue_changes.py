"""Changing issues while the site runs, as people do: each change writes its history and the issue's `updated`."""

from collections.abc import Iterable
from typing import Any

from simulated_jira import lives, rich_text
from simulated_jira.changelog_items import Item, item, items_for
from simulated_jira.field_list import SPRINT, Field
from simulated_jira.issue import Body, Details, History, Issue
from simulated_jira.jira_site import Site
from simulated_jira.lives import LIVE, detail
from simulated_jira.people import User
from simulated_jira.projects import Project
from simulated_jira.stories import encode
from simulated_jira.workflow import IssueType, Status

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
        self.site.changed(issue)
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
            {"id": str(11 + 10 * n), "name": status.name, "to": status.payload, "hasScreen": n == 0, "isGlobal": True, "isInitial": False,
             "isAvailable": True, "isConditional": False, "isLooped": False}
            for n, status in enumerate(self.statuses(issue))
        ]  # fmt: skip

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

    # Whole issues ------------------------------------------------------------------------------------------------

    def create(
        self,
        project: str,
        summary: str,
        *,
        issue_type: str = "Task",
        parent: str | None = None,
        fields: dict[str, Any] | None = None,
    ) -> str:
        """A new issue's key. Custom fields that `fields` does not name are absent."""
        with self.site.lock:
            place = self.project(project)
            kind = self._type(place, issue_type)
            creator = self.person(None).payload
            issue = Issue(self.site.fresh_id(), place, place.next_number, self.site.clock.now_ms())
            place.next_number += 1
            values: dict[str, Any] = {
                "summary": summary, "issuetype": kind.payload, "status": self.site.statuses_of(place)[0].payload, "creator": creator,
                "reporter": creator, "assignee": None, "priority": self.site.priorities[2], "resolution": None, "resolutiondate": None,
                "labels": [], "description": None, "environment": None, "duedate": None, "security": None, "lastViewed": None,
                "statuscategorychangedate": self.site.stamps.text(issue.created_ms), "timetracking": {}, "timespent": None,
                "timeestimate": None, "timeoriginalestimate": None, "aggregatetimespent": None, "aggregatetimeestimate": None,
                "aggregatetimeoriginalestimate": None, "progress": {"progress": 0, "total": 0},
                "aggregateprogress": {"progress": 0, "total": 0}, "workratio": -1, "customfield_10019": f"1|z{issue.id:x}:",
            }  # fmt: skip
            if not place.is_team_managed:
                values |= {"components": [], "fixVersions": [], "versions": []}
            values |= {name: self._shaped(issue, self._field(name), value) for name, value in (fields or {}).items()}
            issue.details = Details(Body({name: encode(value) for name, value in values.items()}), LIVE)
            if parent is not None:
                self._adopt(issue, self.issue(parent))
            self.site.enter(issue)
            self.site.remember(issue, existed=False)
            return issue.key

    def _type(self, project: Project, name: str) -> IssueType:
        found = next((t for t in self.site.issue_types_of(project) if name in (t.id, t.name, t.payload["name"])), None)
        if found is None:
            raise KeyError(f"no issue type {name} in {project.key}")
        return found

    def _adopt(self, child: Issue, parent: Issue | None) -> None:
        self.site.parents[child.id] = None if parent is None else parent.id
        if parent is not None:
            known = self.site.adopted.setdefault(parent.id, [])
            known += [child.id] if child.id not in known else []

    def set_parent(self, key: str, parent: str | None, author: str | None = None) -> None:
        with self.site.lock:
            issue, new = self.issue(key), None if parent is None else self.issue(parent)
            old = self.site.parent_of(issue)
            sides = [(None, None) if p is None else (str(p.id), p.key) for p in (old, new)]
            self._adopt(issue, new)
            self.touch(issue, ("parent", "customfield_10014"))
            self.add_history(issue, detail(self.site, issue), [item("IssueParentAssociation", sides[0], sides[1])], author)

    def delete(self, key: str, *, logged: bool = True) -> None:
        """The issue and its subtasks; `logged` writes it into the audit log."""
        with self.site.lock:
            issue = self.issue(key)
            for child in self.site.children_of(issue):
                if child.body.value("issuetype").get("subtask"):
                    self.delete(str(child.id), logged=logged)
                else:
                    self.site.parents[child.id] = None
            self.site.remember(issue)
            now = self.site.clock.now_ms()
            self.site.deleted_worklogs += [(work.id, now) for work in lives.worklogs(self.site, issue)]
            self.site.leave(issue)
            if logged:
                self.record("Issue deleted", "issues", {"id": str(issue.id), "name": issue.key, "typeName": "ISSUE_DELETE"})

    def move(self, key: str, project: str, author: str | None = None) -> str:
        """To another project: the same id under a new key, which is returned; the old key still leads to the issue."""
        with self.site.lock:
            issue, new = self.issue(key), self.project(project)
            old, old_key = issue.project, issue.key
            details = self.touch(issue, ("project",))
            del old.issues[issue.number]
            self.site.former_keys[old_key] = issue.id
            issue.project, issue.number = new, new.next_number
            new.next_number += 1
            new.issues[issue.number] = issue
            items = [
                item("Key", (None, old_key), (None, issue.key), "issuekey"),
                item("project", (old.id, old.name), (new.id, new.name), "project"),
            ]
            values = self._values_there(details.body, new)
            for field_id, value in values.items():
                items += items_for(self._field(field_id), details.body.value(field_id), value)
            details.body = details.body.with_values({name: encode(value) for name, value in values.items()})
            self.add_history(issue, details, items, author)
            self.site.sort_again()
            return issue.key

    def _values_there(self, body: Body, project: Project) -> dict[str, Any]:
        """What a moved issue must change: components and versions stay behind, and status and type are the new project's."""
        values: dict[str, Any] = {name: [] for name in ("components", "fixVersions", "versions") if body.value(name)}
        statuses, kinds = self.site.statuses_of(project), self.site.issue_types_of(project)
        if body.value("status")["id"] not in {status.id for status in statuses}:
            values["status"] = next(
                (s for s in statuses if s.category == body.value("status")["statusCategory"]["key"]), statuses[0]
            ).payload
        if body.value("issuetype")["id"] not in {kind.id for kind in kinds}:
            level = body.value("issuetype").get("hierarchyLevel", 0)
            values["issuetype"] = next(kind for kind in kinds if kind.level == level).payload
        return values

    def archive_issue(self, key: str, *, archived: bool = True) -> None:
        """Out of search; still readable by its id."""
        with self.site.lock:
            issue = self.issue(key)
            self.site.remember(issue)
            issue.archived = archived
            self.site.version += 1

    def hide_issue(self, key: str, *, hidden: bool = True) -> None:
        """Take the account's right to see it, as a security level does; nothing else changes."""
        with self.site.lock:
            issue = self.issue(key)
            self.site.remember(issue)
            issue.hidden = hidden
            self.site.version += 1

    def record(self, summary: str, category: str, what: dict[str, str]) -> None:
        """Write into the audit log."""
        entry = {
            "id": self.site.fresh_id(),
            "summary": summary,
            "authorAccountId": self.site.people[-1].account_id,
            "created": self.site.stamps.text(self.site.clock.now_ms()),
            "category": category,
            "eventSource": "",
            "objectItem": what,
        }
        self.site.audit.insert(0, entry)


def _named(known: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found = next((entry for entry in known if name in (entry["id"], entry["name"])), None)
    if found is None:
        raise KeyError(f"no {name} among {', '.join(entry['name'] for entry in known)}")
    return found
