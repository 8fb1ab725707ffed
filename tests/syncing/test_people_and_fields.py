"""Groups, roles, options, labels and archived projects: their tables hold what the site holds."""

import gzip
import re
from typing import Any

import pytest

from simulated_jira.exchange import Answer, Request, errors
from simulated_jira.people import GROUPS, group_id
from simulated_jira.routes.administration import OPTION_KINDS, context_id, options_of
from simulated_jira.routes.project_family import ROLES
from simulated_jira.routes.roles import role_payload
from syncing.bench import Bench, both_flavours, cloud_only, data_center_only

HOUSE = ("_synced_at", "_run_id", "_deleted_at", "_deleted_reason")


def stored(bench: Bench, table: str) -> set[tuple[Any, ...]]:
    """The rows that are not gone, without our own columns."""
    rows = [row for row in bench.rows(table) if row.get("_deleted_at") is None]
    found = {tuple(value for name, value in row.items() if name not in HOUSE) for row in rows}
    assert len(found) == len(rows)
    return found


def group(bench: Bench, name: str) -> str:
    """The group's id: on Data Center it has none but its name."""
    return name if bench.jira.service.is_data_center else group_id(name)


def actors(bench: Bench) -> set[tuple[Any, ...]]:
    found = set()
    for project in bench.jira.site.projects:
        for role in ROLES:
            for actor in role_payload(bench.jira.service, role, project)["actors"]:
                who = actor["actorUser"]["accountId"] if "actorUser" in actor else group(bench, actor["actorGroup"]["name"])
                found.add((int(role[0]), int(project.id), actor["type"], who))
    return found


def options(bench: Bench) -> set[tuple[Any, ...]]:
    found = set()
    for field in bench.jira.site.fields:
        for position, told in enumerate(options_of(field) if field.is_custom else ()):
            parent = int(told["optionId"]) if "optionId" in told else None
            # Data Center tells the options of all contexts together.
            context = None if bench.jira.service.is_data_center else int(context_id(field))
            found.add((int(told["id"]), field.id, context, parent, told["value"], told["disabled"], position))
    return found


@both_flavours
def test_groups_and_their_members_are_there_deactivated_ones_too(bench: Bench) -> None:
    bench.sync(entities=("group", "group_member"))

    people = bench.jira.site.people
    assert stored(bench, "group") == {(group(bench, name), name) for name in GROUPS}
    assert bench.query("SELECT count(*) FROM jira.jira_group") == [(len(GROUPS),)]
    assert stored(bench, "group_member") == {(group(bench, name), user.account_id) for user in people for name in user.groups}


def test_who_leaves_a_group_is_no_longer_its_member(bench: Bench) -> None:
    bench.sync(entities=("group_member",))
    user = next(user for user in bench.jira.site.people if "jira-software-users" in user.groups)
    user.groups = tuple(name for name in user.groups if name != "jira-software-users")

    bench.sync(entities=("group_member",))

    people = bench.jira.site.people
    assert stored(bench, "group_member") == {(group(bench, name), user.account_id) for user in people for name in user.groups}


@both_flavours
def test_roles_and_who_plays_them_are_there(bench: Bench) -> None:
    bench.sync(entities=("role", "role_actor"))

    assert stored(bench, "role") == {(int(id_), name, description) for id_, name, description in ROLES}
    assert stored(bench, "role_actor") == actors(bench) != set()


def test_a_run_of_one_project_leaves_the_actors_of_others(bench: Bench) -> None:
    bench.sync(entities=("role_actor",))
    bench.sync(entities=("role_actor",), projects=("PAY",))

    assert stored(bench, "role_actor") == actors(bench)


@both_flavours
def test_contexts_options_and_labels_are_there(bench: Bench) -> None:
    bench.sync(entities=("field_context", "field_option", "label", "issue_label"))

    with_options = [field for field in bench.jira.site.fields if field.is_custom and field.kind in OPTION_KINDS]
    assert stored(bench, "field_context") == {
        (int(context_id(field)), field.id, f"Default context of {field.name}", True, True)
        for field in with_options
        if not bench.jira.service.is_data_center
    }
    assert stored(bench, "field_option") == options(bench) != set()
    issues = bench.jira.site.issues.values()
    assert stored(bench, "label") == {(label,) for issue in issues for label in issue.body.value("labels") or ()}


@pytest.mark.parametrize("status", [401, 403])
def test_options_that_only_administrators_may_read_are_noted_once(bench: Bench, status: int) -> None:
    bench.sync(entities=("field_option",))
    before, answering = stored(bench, "field_option"), bench.jira.service.answer

    def refusing(request: Request) -> Answer:
        return errors(status, "Administrators only.") if re.search("/context|/options", request.target) else answering(request)

    bench.jira.service.answer = refusing  # type: ignore[method-assign]
    report = bench.sync(entities=("field_context", "field_option"))

    (note,) = report.notes
    told = (
        "(field_context, field_option: not permitted, so their tables were|field_option: not permitted, so its table was) left"
    )
    assert re.match(told, note)
    assert stored(bench, "field_option") == before


def test_an_archived_project_keeps_its_row_and_says_so(bench: Bench) -> None:
    bench.sync(entities=("project",))
    bench.jira.change.archive_project("AND")

    bench.sync(entities=("project",))

    rows = {row["key"]: row for row in bench.rows("project")}
    project = bench.jira.site.project("AND")
    assert project is not None
    assert {key: (bool(row["is_archived"]), row["_deleted_at"]) for key, row in rows.items()} == {
        "PAY": (False, None),
        "AND": (True, None),
        "OPS": (False, None),
    }
    assert int(rows["AND"]["archived_at"].timestamp() * 1000) == project.gone_ms


@cloud_only("Data Center has no bin")
def test_a_project_in_the_bin_keeps_its_row_and_says_so_until_it_is_restored(bench: Bench) -> None:
    bench.sync(entities=("project",))
    bench.jira.change.delete_project("AND")
    bench.sync(entities=("project",))

    (row,) = bench.rows("project", "key = 'AND'")
    project = bench.jira.site.project("AND")
    assert project is not None
    assert (row["is_deleted"], row["is_archived"], row["_deleted_at"]) == (True, None, None)
    assert int(row["deleted_at"].timestamp() * 1000) == project.gone_ms

    bench.jira.change.restore_project("AND")
    bench.sync(entities=("project",))
    (row,) = bench.rows("project", "key = 'AND'")
    assert (row["is_deleted"], row["deleted_at"], row["_deleted_at"]) == (None, None, None)


@cloud_only("Data Center lists archived projects with the others")
def test_where_projects_that_were_put_away_may_not_be_listed_none_looks_gone(bench: Bench) -> None:
    bench.jira.change.archive_project("AND")
    bench.sync(entities=("project",))
    answering = bench.jira.service.answer

    def refusing(request: Request) -> Answer:
        return errors(403, "Administrators only.") if "status=archived" in request.target else answering(request)

    bench.jira.service.answer = refusing  # type: ignore[method-assign]
    report = bench.sync(entities=("project",))

    assert {row["key"] for row in bench.rows("project", "_deleted_at IS NULL")} == {"PAY", "AND", "OPS"}
    (note,) = report.notes
    assert note.startswith("project: archived and deleted ones could not be read, so none is marked as gone.")


@cloud_only("Data Center has one kind of user, whose address nobody hides")
def test_people_of_every_kind_are_there_and_an_address_that_is_hidden_later_is_forgotten(bench: Bench) -> None:
    bench.sync(entities=("user",))
    known = {row["id"]: row for row in bench.rows("user")}
    assert {(row["account_type"], row["is_active"]) for row in known.values()} >= {
        ("app", True),
        ("customer", True),
        ("atlassian", True),
        ("atlassian", False),
    }
    shown = next(user for user in bench.jira.site.people[1:] if user.email)
    assert known[shown.account_id]["email"] == shown.email

    bench.jira.change.change_user(shown.account_id, email=None)
    bench.sync(entities=("user",))

    (row,) = bench.rows("user", f"id = '{shown.account_id}'")
    assert (row["name"], row["email"]) == (shown.name, None)


@pytest.mark.parametrize("as_text", [True, False])
def test_ids_of_projects_and_boards_may_be_text_or_numbers(bench: Bench, as_text: bool) -> None:
    answering = bench.jira.service.answer

    def spelled(request: Request) -> Answer:
        given = answering(request)
        if "/project/search" in request.target or request.target.partition("?")[0].endswith("/agile/1.0/board"):
            plain = gzip.decompress(given.body) if given.headers.pop("Content-Encoding", "") == "gzip" else given.body
            given.body = re.sub(rb'"(id|projectId)":"?(\d+)"?', rb'"\1":"\2"' if as_text else rb'"\1":\2', plain)
        return given

    bench.jira.service.answer = spelled  # type: ignore[method-assign]
    bench.sync(entities=("project", "board", "sprint"))

    projects = {int(project.id) for project in bench.jira.site.projects}
    assert {row["id"] for row in bench.rows("project")} == projects
    assert {(row["id"], row["project_id"]) for row in bench.rows("board")} == {
        (board.id, int(project.id)) for project in bench.jira.site.projects for board in project.boards
    }
    assert bench.rows("sprint") != []


@data_center_only("Cloud lists all labels")
def test_labels_that_only_issues_could_tell_are_not_left_out_in_silence(bench: Bench) -> None:
    report = bench.sync(entities=("label",))

    told = "not available on Data Center by itself: ask for `issue_label` as well, from which it is filled."
    of_run = f"run_id = '{report.run.run_id}' AND entity = 'label' AND scope = 'site'"
    assert bench.query(f"SELECT message FROM jira._sync_run WHERE {of_run}") == [(told,)]
