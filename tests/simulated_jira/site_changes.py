"""Changing the site itself: fields, projects, versions, sprints, people."""

from typing import Any

from simulated_jira import words
from simulated_jira.child_changes import ChildChanges
from simulated_jira.field_list import SYSTEM_TYPES, Field
from simulated_jira.issue import Body, Comment, History, Issue, Worklog
from simulated_jira.lives import detail
from simulated_jira.people import User
from simulated_jira.projects import Project, Sprint, add_board, add_components, invent_project
from simulated_jira.templates import encode

# kind -> type, items, last part of the type's key
FIELD_TYPES = {
    "text": ("string", None, "textfield"),
    "rich_text": ("string", None, "textarea"),
    "number": ("number", None, "float"),
    "date": ("date", None, "datepicker"),
    "datetime": ("datetime", None, "datetime"),
    "select": ("option", None, "select"),
    "multi_select": ("array", "option", "multiselect"),
    "cascading": ("option-with-child", None, "cascadingselect"),
    "user": ("user", None, "userpicker"),
    "multi_user": ("array", "user", "multiuserpicker"),
    "group": ("group", None, "grouppicker"),
    "labels": ("array", "string", "labels"),
    "url": ("string", None, "url"),
    "version": ("version", None, "version"),
}


class SiteChanges(ChildChanges):
    """None of these changes an issue's `updated` or history, as none does in Jira: readers must read such things whole."""

    # Fields ------------------------------------------------------------------------------------------------------

    def rename_field(self, field_id: str, name: str) -> None:
        with self.site.lock:
            self._field(field_id).name = name
            self.site.changed()

    def add_field(self, name: str, kind: str = "text", values: dict[str, Any] | None = None, *, touch: bool = False) -> str:
        """A new custom field's id; `values` are given to issues (by key), which are `updated` only with `touch`."""
        with self.site.lock:
            number = 1 + max(int(f.id.removeprefix("customfield_")) for f in self.site.fields if f.is_custom)
            field = Field(f"customfield_{number}", name, kind, None)
            self._retype(field, kind)
            self.site.fields = [*self.site.fields, field]
            for key, value in (values or {}).items():
                shaped = self._shaped(self.issue(key), field, value)
                self.put_raw(key, field.id, encode(shaped), touch=touch)
            self.site.changed()
            return field.id

    def change_field_type(self, field_id: str, kind: str, values: dict[str, Any] | None = None) -> None:
        """Another type under the same id; the issues of `values` get one of the new kind, the others keep what they have."""
        with self.site.lock:
            field = self._field(field_id)
            self._retype(field, kind)
            for key, value in (values or {}).items():
                self.put_raw(key, field_id, encode(self._shaped(self.issue(key), field, value)), touch=False)
            self.site.changed()

    def _retype(self, field: Field, kind: str) -> None:
        field.kind = kind
        field.type, field.items, suffix = FIELD_TYPES[kind]
        field.custom = SYSTEM_TYPES + suffix

    def remove_field(self, field_id: str) -> None:
        """Out of `/field` and out of every issue."""
        with self.site.lock:
            self.site.fields = [field for field in self.site.fields if field.id != field_id]
            for template in self.site.templates():
                template.values.pop(field_id, None)
                template.encode_again()
            for issue in self.site.issues.values():
                if issue.details is not None:
                    issue.details.body = Body({name: raw for name, raw in issue.details.body.raw.items() if name != field_id})
            self.site.changed()

    # Projects ----------------------------------------------------------------------------------------------------

    def add_project(self, key: str, name: str, *, team_managed: bool = False) -> str:
        """The new project's id. It has components and a board, no issues."""
        with self.site.lock:
            number = len(self.site.projects) + 1000
            project = invent_project(
                number * 3 + (2 if team_managed else 0),
                self.site_rng(key),
                self.person(None),
                self.site.settings.locale,
            )
            project.key, project.name = key, name
            if not team_managed:
                add_components(project, number)
            add_board(project, number, self.site.start_ms, self.site.clock.now_ms())
            self.site.projects = [*self.site.projects, project]
            self.site.changed()
            return project.id

    def site_rng(self, what: str) -> Any:
        import random

        return random.Random(f"{self.site.seed} {what}")

    def archive_project(self, key: str) -> None:
        self._put_away(key, "archived")

    def delete_project(self, key: str, *, into_bin: bool = True) -> None:
        """Into the bin, from where `restore_project` brings it back; or for good, with its issues."""
        if into_bin:
            self._put_away(key, "deleted")
            return
        with self.site.lock:
            project = self.project(key)
            for issue in list(project.issues.values()):
                self.site.leave(issue)
            self.site.projects = [other for other in self.site.projects if other is not project]

    def restore_project(self, key: str) -> None:
        self._put_away(key, None)

    def _put_away(self, key: str, state: str | None) -> None:
        with self.site.lock:
            project = self.project(key)
            project.gone, project.gone_ms = state, self.site.clock.now_ms()
            self.site.changed()

    def hide_project(self, key: str, *, hidden: bool = True) -> None:
        """Take the account's right to browse it."""
        with self.site.lock:
            self.project(key).hidden = hidden
            self.site.changed()

    def rename_project_key(self, key: str, new_key: str) -> None:
        """All its issues get the new key; the old one still leads to them."""
        with self.site.lock:
            project = self.project(key)
            project.former_keys.append(project.key)
            project.key = new_key
            self.site.sort_again()

    def rename_project(self, key: str, name: str) -> None:
        with self.site.lock:
            self.project(key).name = name
            self.site.changed()

    def change_version(self, version_id: str, **changes: Any) -> None:
        """`name`, `released`, `archived`, `releaseDate`, `description`: in every issue that names the version."""
        with self.site.lock:
            version = next(v for project in self.site.projects for v in project.versions if v["id"] == version_id)
            old = encode(version)
            version |= changes
            self._encode_again(old, encode(version))

    def change_component(self, component_id: str, **changes: Any) -> None:
        with self.site.lock:
            component = next(c for project in self.site.projects for c in project.components if c["id"] == component_id)
            old = encode(component)
            component |= changes
            self._encode_again(old, encode(component))

    def change_sprint(self, sprint_id: int, **changes: Any) -> None:
        """`name`, `state`, `goal`, `start_ms`, `end_ms`, `complete_ms` of a sprint, wherever it stands."""
        with self.site.lock:
            sprint = self._sprint(sprint_id)
            old = encode(sprint.payload(self.site.stamps))
            for name, value in changes.items():
                setattr(sprint, name, value)
            new = sprint.payload(self.site.stamps)
            for template in self.site.templates():
                held = template.values.get("customfield_10020") or []
                template.values["customfield_10020"] = [new if entry["id"] == sprint_id else entry for entry in held] or None
            self._encode_again(old, encode(new))

    def _sprint(self, sprint_id: int) -> Sprint:
        return next(sprint for project in self.site.projects for sprint in project.sprints() if sprint.id == sprint_id)

    def _encode_again(self, old: bytes, new: bytes) -> None:
        """After something that many issues hold was changed: encode the templates again, and replace it in edited issues."""
        for template in self.site.templates():
            template.encode_again()
        for issue in self.site.issues.values():
            if issue.details is not None:
                self._replace(issue, old, new)
        self.site.changed()

    def _replace(self, issue: Issue, old: bytes, new: bytes) -> None:
        details = detail(self.site, issue)
        changed = {name: raw.replace(old, new) for name, raw in details.body.raw.items() if old in raw}
        if changed:
            details.body = details.body.with_values(changed)
        entries: list[Comment | Worklog | History] = [*details.comments, *details.worklogs, *details.histories]
        for entry in entries:
            if entry.author == old:
                entry.author = new

    # People ------------------------------------------------------------------------------------------------------

    def change_user(self, account_id: str, **changes: Any) -> None:
        """`name`, `email`, `active`, `time_zone`: everywhere the person is shown."""
        with self.site.lock:
            user = self.person(account_id)
            old = user.raw
            for name, value in changes.items():
                setattr(user, name, value)
            self._show_again(user, old)

    def _show_again(self, user: User, old: bytes) -> None:
        # Templates hold the payload itself, so it is changed in place.
        payload = user.payload
        user.__dict__.pop("payload")
        user.__dict__.pop("raw", None)
        new = user.payload
        payload.clear()
        payload |= new
        user.__dict__["payload"] = payload
        self._encode_again(old, user.raw)

    def erase_user(self, account_id: str) -> None:
        """As after a right-to-erasure request: the account id stays, the person is gone."""
        self.change_user(account_id, name="Former user", email="", active=False, time_zone=None)

    def add_user(self, name: str, email: str | None = None) -> str:
        """The new person's account id."""
        with self.site.lock:
            user = User(words.hexadecimal(self.site_rng(f"user {name}"), 24), name, email, groups=["jira-software-users"])
            self.site.people = [*self.site.people, user]
            self.site.changed()
            return user.account_id

    def projects(self) -> list[Project]:
        return list(self.site.projects)
