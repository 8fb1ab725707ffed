"""Creating, deleting, moving and hiding issues."""

from typing import Any

from simulated_jira import lives
from simulated_jira.changelog_items import item, items_for
from simulated_jira.issue import Body, Details, Issue
from simulated_jira.issue_changes import IssueChanges
from simulated_jira.lives import LIVE, detail
from simulated_jira.projects import Project
from simulated_jira.templates import encode
from simulated_jira.workflow import IssueType


class WholeIssueChanges(IssueChanges):
    """Issues come, go and change their place; what search, census and audit log see of it is Jira's."""

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
                "summary": summary,
                "issuetype": kind.payload,
                "status": self.site.statuses_of(place)[0].payload,
                "creator": creator,
                "reporter": creator,
                "assignee": None,
                "priority": self.site.priorities[2],
                "resolution": None,
                "resolutiondate": None,
                "labels": [],
                "description": None,
                "environment": None,
                "duedate": None,
                "security": None,
                "lastViewed": None,
                "statuscategorychangedate": self.site.stamps.text(issue.created_ms),
                "timetracking": {},
                "timespent": None,
                "timeestimate": None,
                "timeoriginalestimate": None,
                "aggregatetimespent": None,
                "aggregatetimeestimate": None,
                "aggregatetimeoriginalestimate": None,
                "progress": {"progress": 0, "total": 0},
                "aggregateprogress": {"progress": 0, "total": 0},
                "workratio": -1,
                "customfield_10019": f"1|z{issue.id:x}:",
            }
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
            self.site.changed()
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
            self.site.changed()

    def hide_issue(self, key: str, *, hidden: bool = True) -> None:
        """Take the account's right to see it, as a security level does; nothing else changes."""
        with self.site.lock:
            issue = self.issue(key)
            self.site.remember(issue)
            issue.hidden = hidden
            self.site.changed()

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
