"""Workflows, schemes, security levels, permissions, screens: their tables hold what the site holds, or say why not."""

from typing import Any

import pytest

from jira_staging import role_turns
from jira_staging.tables import DEFAULT_ENTITIES, GROUPS, TABLES
from jira_staging.tables.filters_and_records import FILTERS_AND_RECORDS
from simulated_jira.projects import Project
from simulated_jira.routes import schemes
from simulated_jira.routes import screens_and_rights as rights
from simulated_jira.workflow import SECURITY_LEVEL
from syncing.bench import Bench, both_flavours, counts, data_center_only
from syncing.test_people_and_fields import stored
from syncing.told_by_data_center import NOT_LISTED

SCHEMES = (
    "workflow",
    "workflow_status",
    "workflow_scheme",
    "workflow_scheme_issue_type",
    "workflow_scheme_project",
    "issue_type_scheme",
    "issue_type_scheme_item",
    "issue_type_scheme_project",
    "security_scheme",
    "security_level",
    "security_scheme_project",
)
# Filters, dashboards and the audit log have tests of their own.
ADMINISTRATION = tuple(name for name in GROUPS["administration"] if TABLES[name] not in FILTERS_AND_RECORDS)
# What the simulated site tells nobody but administrators; whoever is signed in may list permission schemes.
CLOSED = tuple(name for name in (*SCHEMES, *ADMINISTRATION) if name not in ("permission_scheme", "permission_grant"))


def classic(bench: Bench) -> list[Project]:
    return schemes.classic_projects(bench.jira.service)


def expected(bench: Bench) -> dict[str, set[tuple[Any, ...]]]:
    """What each table is to hold, in the order of its columns, from the site's own objects."""
    wanted = on_cloud(bench)
    if bench.jira.service.is_data_center:
        # Workflows have no id but their name, and nothing tells their statuses or which scheme is the default.
        wanted["workflow"] = {(name, name, "", None, None, None) for _, name, _, of, *_ in wanted["workflow"] if of is None}
        wanted["workflow_status"] = set()
        wanted["issue_type_scheme"] = {(*row[:3], None, row[4]) for row in wanted["issue_type_scheme"]}
        parameters = {grant["id"]: grant["holder"].get("parameter") for grant in rights.permission_grants()}
        wanted["permission_grant"] = {(*row[:4], parameters[row[0]]) for row in wanted["permission_grant"]}
    return wanted


def on_cloud(bench: Bench) -> dict[str, set[tuple[Any, ...]]]:
    service = bench.jira.service
    begun = bench.query(f"SELECT epoch_ms({service.site.start_ms}) AT TIME ZONE 'UTC'")[0][0]
    workflows, projects = schemes.workflow_rows(service), classic(bench)
    bug = next(kind.id for kind in service.site.issue_types if kind.name == "Bug")
    security, level = rights.SECURITY_SCHEME, int(SECURITY_LEVEL["id"])
    grants, priorities = rights.permission_grants(), service.site.priorities
    return {
        "workflow": {(id_, name, "", int(of) if of else None, begun, begun) for id_, name, of, _ in workflows},
        "workflow_status": {
            (id_, int(status.id), place) for id_, _, _, statuses in workflows for place, status in enumerate(statuses)
        },
        "workflow_scheme": {(schemes.WORKFLOW_SCHEME, "Software scheme", "", schemes.SIMPLE)},
        "workflow_scheme_issue_type": {(schemes.WORKFLOW_SCHEME, int(bug), schemes.BUGS)},
        "workflow_scheme_project": {
            (schemes.WORKFLOW_SCHEME, int(project.id)) for project in projects if not schemes.has_default_workflow(project)
        },
        "issue_type_scheme": {
            (int(row["id"]), row["name"], "", row["isDefault"], int(row["defaultIssueTypeId"]))
            for row in schemes.issue_type_scheme_rows(service)
        },
        "issue_type_scheme_item": {
            (int(row["issueTypeSchemeId"]), int(row["issueTypeId"])) for row in schemes.issue_type_scheme_items(service)
        },
        "issue_type_scheme_project": {
            (int(schemes.ISSUE_TYPE_SCHEMES[place % 2][0]), int(project.id)) for place, project in enumerate(projects)
        },
        "security_scheme": {(security, "Staff", "", level)},
        "security_level": {(level, security, "Staff only", "Only staff can see this issue.", True)},
        "security_scheme_project": {(security, int(project.id)) for project in projects},
        "permission_scheme": {(10000, "Default Permission Scheme", "", None)},
        "permission_grant": {
            (grant["id"], 10000, grant["permission"], grant["holder"]["type"], grant["holder"].get("value")) for grant in grants
        },
        "permission_scheme_project": {(10000, int(project.id)) for project in service.site.projects},
        "priority_scheme": {
            (int(id_), name, "", place == 0, 3) for place, (id_, name) in enumerate(schemes.PRIORITY_SCHEMES)
        },
        "priority_scheme_item": {
            (int(id_), int(row["id"]))
            for (id_, _), rows in zip(schemes.PRIORITY_SCHEMES, (priorities, priorities[:2]), strict=True)
            for row in rows
        },
        "priority_scheme_project": {
            (int(schemes.PRIORITY_SCHEMES[place % 2][0]), int(project.id)) for place, project in enumerate(projects)
        },
        "screen": {(place, name, f"{name}.", None) for place, name in enumerate(rights.SCREENS, 1)},
        "screen_tab": {(tab["tabId"], tab["screenId"], tab["tabName"]) for tab in rights.tabs()},
        "screen_field": {
            (tab["tabId"], shown["id"], tab["screenId"], place)
            for tab in rights.tabs()
            for place, shown in enumerate(rights.fields_of_tab(service, tab["tabId"]))
        },
    }  # fmt: skip


@both_flavours
def test_every_table_holds_what_jira_holds(bench: Bench) -> None:
    report = bench.sync(entities=(*SCHEMES, *ADMINISTRATION))

    wanted = expected(bench)
    assert set(wanted) == {*SCHEMES, *ADMINISTRATION}
    assert {table: stored(bench, table) for table in wanted} == wanted
    assert all(wanted[table] for table in wanted if table != "workflow_status" or not bench.jira.service.is_data_center)
    assert report.notes == []


def test_the_second_run_changes_nothing(bench: Bench) -> None:
    bench.sync(entities=(*SCHEMES, *ADMINISTRATION))
    report = bench.sync(entities=(*SCHEMES, *ADMINISTRATION))

    wanted = expected(bench)
    assert {table: counts(report, table) for table in wanted if wanted[table]} == {
        table: {"read": len(rows), "unchanged": len(rows)} for table, rows in wanted.items() if rows
    }


def test_schemes_are_read_by_default_and_administration_only_where_it_is_asked_for() -> None:
    assert set(SCHEMES) <= set(DEFAULT_ENTITIES)
    assert set(GROUPS["administration"]).isdisjoint(DEFAULT_ENTITIES)


def test_a_project_that_gets_another_scheme_has_only_that_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("issue_type_scheme_project", "workflow_scheme_project")
    bench.sync(entities=asked)
    monkeypatch.setattr(schemes, "ISSUE_TYPE_SCHEMES", tuple(reversed(schemes.ISSUE_TYPE_SCHEMES)))
    monkeypatch.setattr(schemes, "has_default_workflow", lambda _project: True)

    bench.sync(entities=asked, projects=("PAY",))

    (pay, *others) = classic(bench)
    assert stored(bench, "issue_type_scheme_project") == {
        (10001, int(pay.id)),
        *(
            (int(reversed_of[0]), int(project.id))
            for project, reversed_of in zip(others, schemes.ISSUE_TYPE_SCHEMES, strict=False)
        ),
    }
    assert (schemes.WORKFLOW_SCHEME, int(pay.id)) not in stored(bench, "workflow_scheme_project")


@both_flavours
def test_what_only_administrators_may_read_is_noted_once_and_the_run_succeeds(bench: Bench) -> None:
    bench.sync(entities=(*SCHEMES, *ADMINISTRATION))
    before = {table: stored(bench, table) for table in (*SCHEMES, *ADMINISTRATION)}
    bench.jira.site.people[0].groups = ["jira-software-users"]

    report = bench.sync(entities=("project", *SCHEMES, *ADMINISTRATION))

    (note,) = [note for note in report.notes if "not permitted" in note]
    told, _, refusal = note.partition(": ")
    closed = set(CLOSED) - (NOT_LISTED if bench.jira.service.is_data_center else set())
    assert set(told.split(", ")) == closed
    assert refusal.startswith("not permitted, so their tables were left as they are. ")
    assert {table: stored(bench, table) for table in before} == before
    told_in_run = bench.query(
        f"SELECT entity FROM jira._sync_run WHERE run_id = '{report.run.run_id}' AND message LIKE 'not permitted: %'"
    )
    assert {entity for (entity,) in told_in_run} == closed


@data_center_only("Cloud tells the schemes of a hundred projects at a time")
def test_projects_take_turns_in_being_read_for_their_schemes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role_turns, "MOST_REQUESTS", 1)
    asked = ("workflow_scheme", "workflow_scheme_issue_type", "workflow_scheme_project", "security_scheme_project")
    bench.sync(entities=asked)
    everything = {table: stored(bench, table) for table in asked}
    assert everything == {table: rows for table, rows in expected(bench).items() if table in asked}

    nights = []
    for _ in range(3):
        bench.jira.clock.advance(24 * 3600)
        report = bench.sync(entities=asked)
        nights += [path for path, _ in bench.heard.asked if path.endswith("/workflowscheme")]
        told = f"run_id = '{report.run.run_id}' AND entity = 'workflow_scheme_project' AND scope = 'site'"
        assert bench.query(f"SELECT message FROM jira._sync_run WHERE {told}") == [("2 of 3 projects wait for their turn.",)]
        # What waits keeps its rows.
        assert {table: stored(bench, table) for table in asked} == everything
    assert len(nights) == len(set(nights)) == 3
