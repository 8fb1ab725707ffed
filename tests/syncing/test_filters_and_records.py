"""Filters, dashboards, notification schemes, the audit log: their tables hold what the site holds, or say why not."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from jira_staging.jira_api import data_center_auditing, filters_and_records
from jira_staging.jira_api import teams as api_of_teams
from jira_staging.role_turns import LOOK_BACK_MILLISECONDS
from jira_staging.tables.filters_and_records import FILTERS_AND_RECORDS
from simulated_jira.routes import filters, teams
from simulated_jira.routes.schemes import classic_projects
from syncing.bench import Bench, both_flavours, cloud_only, counts
from syncing.test_people_and_fields import stored
from syncing.told_by_data_center import NAMES_OF_GROUPS, NOT_LISTED

LISTS = tuple(table.name for table in FILTERS_AND_RECORDS if table.name != "audit_record")
TEAMS = ("team", "team_member")


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def shares(rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    found = set()
    for row in rows:
        for place, share in enumerate(row["sharePermissions"]):
            project, role = share.get("project"), share.get("role")
            found.add(
                (int(row["id"]), place, share["type"], int(project["id"]) if project else None, role["id"] if role else None,
                 share.get("group", {}).get("groupId"), share.get("user", {}).get("accountId"))
            )  # fmt: skip
    return found


def expected(bench: Bench, *, shown: Any = lambda _row: True) -> dict[str, set[tuple[Any, ...]]]:
    """What each table is to hold, in the order of its columns; `shown` says which filters the account sees."""
    wanted = on_cloud(bench, shown)
    if bench.jira.service.is_data_center:
        wanted |= {table: set() for table in NOT_LISTED & wanted.keys()}
        wanted["dashboard"] = {(row[0], row[1], *[None] * 4, row[-1]) for row in wanted["dashboard"]}
        wanted["notification"] = {(*row[:5], NAMES_OF_GROUPS.get(row[5], row[5])) for row in wanted["notification"]}
    return wanted


def on_cloud(bench: Bench, shown: Any) -> dict[str, set[tuple[Any, ...]]]:
    service = bench.jira.service
    kept = [row for row in filters.filters(service) if shown(row)]
    boards = [row for row in filters.dashboards(service) if filters.sees(service.site.people[0], row)]
    notifications = {
        (told["id"], filters.NOTIFICATION_SCHEME, event, name, told["notificationType"],
         told.get("recipient", told.get("parameter")))
        for event, name in filters.EVENTS
        for told in filters.notifications(service, event)
    }  # fmt: skip
    return {
        "filter": {
            (int(row["id"]), row["name"], row["description"], row["owner"]["accountId"], row["jql"], row["favouritedCount"],
             moment(row.get("approximateLastUsed")))
            for row in kept
        },
        "filter_share": shares(kept),
        "dashboard": {
            (int(row["id"]), row["name"], row["description"], row["owner"]["accountId"], row["popularity"],
             row["systemDashboard"], row["view"])
            for row in boards
        },
        "dashboard_share": shares(boards),
        "notification_scheme": {(filters.NOTIFICATION_SCHEME, "Default Notification Scheme", "", None)},
        "notification": notifications,
        "notification_scheme_project": {
            (filters.NOTIFICATION_SCHEME, int(project.id)) for project in classic_projects(service)
        },
        "team": {
            (row["teamId"], row["displayName"], row["description"], row["teamType"], row["state"], row["creatorId"])
            for row in teams.team_rows()
        },
        "team_member": {
            (teams.team_id(number), user.account_id) for number in range(4) for user in teams.members(service, number)
        },
    }  # fmt: skip


def asked_of_the_log(bench: Bench) -> int:
    return sum("/auditing/" in path for path, _ in bench.heard.asked)


def audit_rows(bench: Bench) -> set[tuple[Any, ...]]:
    """Without their numbers, which Data Center does not tell. It tells no parents either, and an issue is one when it goes."""
    rows = _audit_rows(bench)
    if not bench.jira.service.is_data_center:
        return rows
    return {
        (*row[:3], "Browser", *row[4:7], row[7].replace("ISSUE_DELETE", "ISSUE"), *row[8:10], None, None, row[12],
         row[13] and re.sub(r', "parent\w+": "[^"]*"', "", row[13]))
        for row in rows
    }  # fmt: skip


def _audit_rows(bench: Bench) -> set[tuple[Any, ...]]:
    found = set()
    for record in bench.jira.site.audit:
        what = record["objectItem"]
        lists = [_spelled(record.get(name)) for name in ("changedValues", "associatedItems")]
        found.add(
            (moment(record["created"]), record["summary"], record["category"], record["eventSource"],
             record["authorAccountId"], record.get("remoteAddress"), record.get("description"), what["typeName"], what["id"],
             what["name"], what.get("parentId"), what.get("parentName"), *lists)
        )  # fmt: skip
    return found


def _spelled(value: Any) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)


def _sorted(text: str) -> str | None:
    return _spelled([{name: part for name, part in item.items() if part is not None} for item in json.loads(text)])


def audit_table(bench: Bench) -> set[tuple[Any, ...]]:
    """The table's rows with their JSON as Python spells it."""
    rows = stored(bench, "audit_record")
    assert len({row[0] for row in rows}) == len(rows)
    return {(*row[1:-2], *(told and _sorted(told) for told in row[-2:])) for row in rows}


@both_flavours
def test_every_list_holds_what_jira_holds(bench: Bench) -> None:
    report = bench.sync(entities=LISTS)

    wanted = expected(bench)
    assert set(wanted) == set(LISTS)
    assert {table: stored(bench, table) for table in wanted} == wanted
    missing = NOT_LISTED if bench.jira.service.is_data_center else set()
    assert {table for table in wanted if not wanted[table]} == missing & wanted.keys()
    assert report.notes == []
    of_run = f"run_id = '{report.run.run_id}' AND message LIKE 'not available on Data Center: %'"
    told = {entity for (entity,) in bench.query(f"SELECT entity FROM jira._sync_run WHERE {of_run}")}
    assert told == missing & wanted.keys()

    again = bench.sync(entities=LISTS)
    assert {table: counts(again, table) for table in wanted if wanted[table]} == {
        table: {"read": len(rows), "unchanged": len(rows)} for table, rows in wanted.items() if rows
    }


@cloud_only("Data Center lists no filters")
def test_a_filter_that_is_its_owners_alone_is_there_for_administrators(bench: Bench) -> None:
    bench.sync(entities=("filter", "filter_share"))

    shared = {row[0] for row in stored(bench, "filter_share")}
    assert {row[0] for row in stored(bench, "filter")} - shared == {filters.FIRST_FILTER}


@cloud_only("Data Center lists no filters")
def test_what_was_deleted_or_shared_with_others_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.sync(entities=LISTS)
    rows = filters.filters(bench.jira.service)[1:]
    rows[0] |= {"sharePermissions": rows[0]["sharePermissions"][:1], "jql": "project = OTHER"}
    monkeypatch.setattr(filters, "filters", lambda _service: rows)

    bench.sync(entities=LISTS)

    wanted = expected(bench)
    assert {table: stored(bench, table) for table in wanted} == wanted
    assert [row["id"] for row in bench.rows("filter", "_deleted_reason = 'missing'")] == [filters.FIRST_FILTER]


@cloud_only("Data Center lists no filters")
def test_who_is_no_administrator_gets_the_filters_that_are_shared_and_is_told_so(bench: Bench) -> None:
    bench.sync(entities=("filter", "filter_share"))
    bench.jira.site.people[0].groups = ["jira-software-users"]

    report = bench.sync(entities=("filter", "filter_share"))

    (note,) = report.notes
    assert note.startswith("filter: not permitted to see all filters, so only those shared with the account were read. ")
    told = f"run_id = '{report.run.run_id}' AND entity = 'filter' AND message LIKE 'not permitted to see all filters%'"
    assert bench.query(f"SELECT rows_read, rows_deleted FROM jira._sync_run WHERE {told}") == [(2, 0)]
    # What it does not see is not gone.
    wanted = expected(bench)
    assert {table: stored(bench, table) for table in ("filter", "filter_share")} == {
        table: wanted[table] for table in ("filter", "filter_share")
    }


@both_flavours
def test_the_audit_log_is_read_whole_once_and_then_from_where_it_was_read(bench: Bench) -> None:
    jira = bench.jira
    jira.change.record("User added to group", "group management", {"id": "g1", "name": "contractors", "typeName": "GROUP"})
    jira.site.audit[0] |= {
        "remoteAddress": "10.0.0.7", "description": "By hand",
        "changedValues": [{"fieldName": "Groups", "changedFrom": "", "changedTo": "contractors 数"}],
        "associatedItems": [{"id": "u1", "name": "Ada", "typeName": "USER", "parentId": "1", "parentName": "Directory"}],
    }  # fmt: skip
    jira.clock.advance(60)
    jira.change.delete("PAY-8")
    jira.clock.advance(1)
    bench.sync(entities=("audit_record",))
    assert audit_table(bench) == audit_rows(bench) != set()

    read_until, before = jira.clock.now_ms(), len(jira.site.audit)
    jira.clock.advance(24 * 3600)
    jira.change.delete("PAY-9")
    kept = audit_table(bench)
    # Jira drops what is old; here it stays.
    jira.site.audit.pop()
    jira.clock.advance(1)
    report = bench.sync(entities=("audit_record",))

    new = audit_rows(bench) - kept
    assert audit_table(bench) == kept | new
    assert counts(report, "audit_record")["inserted"] == len(new) == len(jira.site.audit) + 1 - before
    # Once more from an hour before: a record is dated before it is shown.
    of_run = f"run_id = '{report.run.run_id}' AND entity = 'audit_record'"
    (told,) = bench.query(f"SELECT mode, watermark_from, watermark_to FROM jira._sync_run WHERE {of_run}")
    assert told[:2] == ("incremental", read_until // 1000 * 1000 - LOOK_BACK_MILLISECONDS)
    assert told[2] == jira.clock.now_ms() // 1000 * 1000
    assert asked_of_the_log(bench) == 1


@both_flavours
def test_a_long_audit_log_is_read_page_by_page(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters_and_records, "RECORDS_PER_PAGE", 3)
    monkeypatch.setattr(data_center_auditing, "EVENTS_PER_PAGE", 3)
    for number in range(7):
        bench.jira.change.record(f"Act {number}", "tests", {"id": str(number), "name": f"n{number}", "typeName": "GROUP"})
        bench.jira.clock.advance(1)
    bench.sync(entities=("audit_record",))

    assert audit_table(bench) == audit_rows(bench)
    assert asked_of_the_log(bench) == 3


@both_flavours
def test_an_audit_log_that_may_not_be_read_is_not_permitted_and_its_place_is_kept(bench: Bench) -> None:
    bench.jira.change.delete("PAY-8")
    bench.jira.clock.advance(1)
    bench.sync(entities=("audit_record",))
    read_until = "SELECT watermark FROM jira._sync_state WHERE entity = 'audit_record'"
    before = stored(bench, "audit_record"), bench.query(read_until)
    bench.jira.site.people[0].groups = ["jira-software-users"]
    bench.jira.clock.advance(3600)

    report = bench.sync(entities=("audit_record",))

    (note,) = report.notes
    assert note.startswith("audit_record: not permitted, so its table was left as it is. ")
    assert (stored(bench, "audit_record"), bench.query(read_until)) == before


@cloud_only("Atlassian's API for teams is Cloud's")
def test_teams_of_many_members_are_read_page_by_page(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_of_teams, "MEMBERS_PER_PAGE", 4)
    bench.sync(entities=TEAMS)

    wanted = expected(bench)
    assert {table: stored(bench, table) for table in TEAMS} == {table: wanted[table] for table in TEAMS}
    (first,) = [path for path, _ in bench.heard.asked if path.endswith(f"{teams.team_id(1)}/members")]
    assert first.startswith("POST /gateway/api/public/teams/v1/org/")
