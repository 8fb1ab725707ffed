"""A site made of payloads in a folder: what a real Jira once answered, served again byte for byte.

The folder has one JSON object a line in `issues.jsonl` (with `changelog`), and where known `projects`, `users`, `statuses`,
`issue_types`, `sprints`, `worklogs` (with `issueId`), `remotelinks` (the issue's key is in `self`) and `issue_changelogs` (with
`_issue.issue_id`). Entries of issues that `issues.jsonl` lacks are served at their own addresses, but no search finds them."""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from simulated_jira.clock import Timestamps, parse_timestamp
from simulated_jira.issue import NOTHING, Body, Comment, Details, History, Issue, Raw, Worklog
from simulated_jira.jira_site import Site, creation_order
from simulated_jira.people import User
from simulated_jira.projects import Board, Project, Sprint
from simulated_jira.replayed_fields import infer_fields
from simulated_jira.workflow import IssueType, Status

EXTRA_USER_KEYS = {"locale", "groups", "applicationRoles", "expand"}


class _Changelog(msgspec.Struct):
    histories: list[msgspec.Raw] = []


class _IssuePayload(msgspec.Struct):
    id: str
    key: str
    fields: dict[str, msgspec.Raw]
    changelog: _Changelog = msgspec.field(default_factory=_Changelog)


def replay_payloads(site: Site, folder: Path) -> None:
    """Fill the empty site. FileNotFoundError without `issues.jsonl`, ValueError with the line that is no payload."""
    if not (folder / "issues.jsonl").is_file():
        raise FileNotFoundError(f"no issues.jsonl in {folder}")
    payloads = [msgspec.json.decode(line, type=_IssuePayload) for line in _lines(folder, "issues")]
    bodies = [Body({name: bytes(raw) for name, raw in payload.fields.items()}) for payload in payloads]
    _people(site, folder, bodies)
    _workflow(site, folder, bodies)
    site.projects = [_project(site, row) for row in _objects(folder, "projects")]
    for payload, body in zip(payloads, bodies, strict=True):
        _add_issue(site, payload, body)
    _projects_of(site, bodies)
    _sprints(site, folder)
    _children(site, folder)
    site.fields = infer_fields(site)
    site.by_created = sorted(site.issues.values(), key=creation_order)


def _lines(folder: Path, name: str) -> list[bytes]:
    path = folder / f"{name}.jsonl"
    return [line for line in path.read_bytes().splitlines() if line.strip()] if path.is_file() else []


def _objects(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _lines(folder, name)]


def _seen(bodies: list[Body], *field_ids: str) -> Iterator[dict[str, Any]]:
    """The objects that issues have in these fields."""
    for body in bodies:
        for field_id in field_ids:
            value = body.value(field_id)
            yield from value if isinstance(value, list) else [value] if isinstance(value, dict) else []


# People and workflow ---------------------------------------------------------------------------------------------------


def _people(site: Site, folder: Path, bodies: list[Body]) -> None:
    rows = {row["accountId"]: row for row in _seen(bodies, "assignee", "reporter", "creator")}
    rows |= {row["accountId"]: row for row in _objects(folder, "users")}
    zones = Counter(row["timeZone"] for row in rows.values() if row.get("timeZone"))
    if zones:
        # The payloads' times have the offset of their site's zone, so the account that reads them must be there too.
        site.settings = dataclasses.replace(site.settings, time_zone=zones.most_common(1)[0][0])
        site.stamps = Timestamps(site.settings.time_zone)
    site.people = [User("5f0000000000000000000001", "Data Loader", "loader@example.com", time_zone=site.settings.time_zone)]
    site.people[0].groups = ["jira-administrators", "site-admins"]
    for row in rows.values():
        user = User(
            row["accountId"], row["displayName"], row.get("emailAddress"), row["active"], row.get("accountType", "atlassian")
        )
        user.time_zone, user.locale = row.get("timeZone"), row.get("locale", "en_US")
        user.__dict__["payload"] = {name: value for name, value in row.items() if name not in EXTRA_USER_KEYS}
        site.people.append(user)


def _workflow(site: Site, folder: Path, bodies: list[Body]) -> None:
    statuses = {row["id"]: row for row in [*_seen(bodies, "status"), *_objects(folder, "statuses")]}
    for row in statuses.values():
        scope = row.get("scope", {}).get("project", {}).get("id")
        status = Status(row["id"], row.get("untranslatedName", row["name"]), row["statusCategory"]["key"], project_id=scope)
        status.__dict__["payload"] = {name: value for name, value in row.items() if name not in ("scope", "untranslatedName")}
        site.statuses.append(status)
    kinds = {row["id"]: row for row in [*_seen(bodies, "issuetype"), *_objects(folder, "issue_types")]}
    for row in kinds.values():
        kind = IssueType(row["id"], row.get("untranslatedName", row["name"]), row.get("hierarchyLevel", 0))
        kind.__dict__["payload"] = {name: value for name, value in row.items() if name not in ("scope", "untranslatedName")}
        site.issue_types.append(kind)
    site.priorities = list({row["id"]: row for row in _seen(bodies, "priority")}.values()) or site.priorities
    site.resolutions = list({row["id"]: row for row in _seen(bodies, "resolution")}.values()) or site.resolutions
    kinds_of_links = {link["type"]["id"]: link["type"] for link in _seen(bodies, "issuelinks")}
    site.link_types = list(kinds_of_links.values()) or site.link_types


# Projects --------------------------------------------------------------------------------------------------------------


def _project(site: Site, row: dict[str, Any]) -> Project:
    project = Project(row["id"], row["key"], row["name"], row.get("style", "classic"), site.people[0], [], [])
    project.type_key = row.get("projectTypeKey", "software")
    project.category = row.get("projectCategory")
    project.given = row
    return project


def _projects_of(site: Site, bodies: list[Body]) -> None:
    """Components and versions, as far as issues name them."""
    for issue, body in zip(site.issues.values(), bodies, strict=True):
        for name, known in (("components", issue.project.components), ("fixVersions", issue.project.versions)):
            for row in _seen([body], name):
                if row["id"] not in {other["id"] for other in known}:
                    known.append(row)


def _sprints(site: Site, folder: Path) -> None:
    boards: dict[int, Board] = {}
    homes = {
        sprint["boardId"]: issue.project
        for issue in site.issues.values()
        for sprint in _seen([issue.body], *issue.body.raw)
        if "boardId" in sprint
    }
    for row in _objects(folder, "sprints"):
        board_id = row["originBoardId"]
        if board_id not in boards:
            home = homes.get(board_id)
            boards[board_id] = Board(board_id, f"Board {board_id}", "scrum", home)
            (home or site.projects[0]).boards.append(boards[board_id])
        sprint = Sprint(row["id"], row["name"], row["state"], board_id, row.get("goal", ""))
        for name, key in (("start_ms", "startDate"), ("end_ms", "endDate"), ("complete_ms", "completeDate")):
            if row.get(key):
                setattr(sprint, name, parse_timestamp(row[key]))
        boards[board_id].sprints.append(sprint)


# Issues ----------------------------------------------------------------------------------------------------------------


def _add_issue(site: Site, payload: _IssuePayload, body: Body) -> None:
    row = body.value("project")
    project = site.project(row["id"])
    if project is None:
        project = _project(site, row)
        site.projects.append(project)
    number = int(payload.key.rpartition("-")[2])
    issue = Issue(int(payload.id), project, number, parse_timestamp(body.value("created")))
    issue.updated_ms = parse_timestamp(body.value("updated"))
    details = issue.details = Details(body, NOTHING)
    details.histories = _histories([bytes(raw) for raw in payload.changelog.histories])
    details.comments = [_comment(row) for row in (body.value("comment") or {}).get("comments", [])]
    details.worklogs = [_worklog(row) for row in (body.value("worklog") or {}).get("worklogs", [])]
    parent = body.value("parent")
    if parent is not None:
        site.parents[issue.id] = int(parent["id"])
        site.adopted.setdefault(int(parent["id"]), []).append(issue.id)
    site.issues[issue.id] = project.issues[number] = issue
    project.next_number = max(project.next_number, number + 1)
    site.owners |= dict.fromkeys([*(c.id for c in details.comments), *(w.id for w in details.worklogs)], issue.id)


def _histories(raws: list[Raw]) -> list[History]:
    """Oldest first, each byte as it came."""
    found = []
    for raw in raws:
        row = json.loads(raw)
        author = msgspec.json.encode(row["author"]) if "author" in row else None
        found.append(History(int(row["id"]), parse_timestamp(row["created"]), author, msgspec.json.encode(row["items"]), raw))
    return sorted(found, key=lambda history: (history.created_ms, history.id))


def _comment(row: dict[str, Any]) -> Comment:
    author, raw = msgspec.json.encode(row.get("author")), msgspec.json.encode(row)
    created, updated = parse_timestamp(row["created"]), parse_timestamp(row["updated"])
    return Comment(int(row["id"]), created, updated, author, author, msgspec.json.encode(row.get("body")), raw=raw)


def _worklog(row: dict[str, Any]) -> Worklog:
    author, raw = msgspec.json.encode(row.get("author")), msgspec.json.encode(row)
    created, updated, started = (parse_timestamp(row[name]) for name in ("created", "updated", "started"))
    return Worklog(int(row["id"]), created, updated, started, row["timeSpentSeconds"], author, raw=raw)


def _children(site: Site, folder: Path) -> None:
    """Entries from the files of their own; those of unknown issues stay loose."""
    for row in _objects(folder, "worklogs"):
        issue = site.issues.get(int(row["issueId"]))
        entry = _worklog(row)
        if issue is None or issue.details is None:
            site.loose.setdefault(("worklog", row["issueId"]), []).append(entry)
        elif entry.id not in {known.id for known in issue.details.worklogs}:
            issue.details.worklogs.append(entry)
            site.owners[entry.id] = issue.id
    for line in _lines(folder, "remotelinks"):
        key = json.loads(line)["self"].split("/issue/")[1].split("/")[0]
        issue = site.issue(key)
        kept = (
            site.loose.setdefault(("remotelink", key), [])
            if issue is None or issue.details is None
            else issue.details.remote_links
        )
        kept.append(line)
    _changelogs(site, folder)


def _changelogs(site: Site, folder: Path) -> None:
    grouped: dict[str, list[Raw]] = {}
    for row in _objects(folder, "issue_changelogs"):
        issue_id = str(row.pop("_issue")["issue_id"])
        grouped.setdefault(issue_id, []).append(json.dumps(row, ensure_ascii=False).encode())
    for issue_id, raws in grouped.items():
        issue = site.issues.get(int(issue_id))
        if issue is None or issue.details is None:
            site.loose["changelog", issue_id] = list(_histories(raws))
        else:
            known = {history.id for history in issue.details.histories}
            issue.details.histories += [history for history in _histories(raws) if history.id not in known]
            issue.details.histories.sort(key=lambda history: (history.created_ms, history.id))
