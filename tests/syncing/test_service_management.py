"""Jira Service Management: its tables hold what the site holds, without a question an issue; and sites without it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jira_staging import role_turns
from jira_staging.planning import entities_asked
from jira_staging.rebuilding import rebuild
from jira_staging.records import SyncRequest
from jira_staging.tables import GROUPS
from simulated_jira import Settings, SimulatedJira
from simulated_jira.issue import Issue
from simulated_jira.routes.service_desk import held
from simulated_jira.service_desk import Desk, sla_from_the_desk
from syncing.bench import Bench, Flavour, both_flavours, counts
from syncing.test_people_and_fields import stored

TABLES = GROUPS["service_management"]
OF_ISSUES = ("request", "request_participant", "request_organization", "sla_cycle", "approval", "approval_approver")
OF_DESKS = tuple(name for name in TABLES if name not in OF_ISSUES)
DESKS = Settings(custom_fields=17, issue_bytes=2_000, service_desk=True)


@pytest.fixture
def desks(tmp_path: Path, flavour: Flavour) -> Iterator[Bench]:
    """A site whose third project is a service desk with forty issues."""
    with SimulatedJira(120, projects=2, seed=5, settings=replace(DESKS, flavour=flavour)) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, tmp_path / "staging.duckdb", entities=("service_management",))
        yield bench
        bench.release()


def desk_of(bench: Bench) -> Desk:
    desk = bench.jira.site.desk
    assert desk is not None
    return desk


def moment(told: Any) -> datetime | None:
    return datetime.fromtimestamp(told["epochMillis"] / 1000, UTC) if told else None


def seconds(told: Any) -> int | None:
    return told["millis"] // 1000 if told else None


class Requests:
    """What the issues hold of a service desk, read from the site's own objects."""

    def __init__(self, bench: Bench) -> None:
        self.service = bench.jira.service
        # Other projects have SLAs as well, as a software project on a site with service desks can.
        self.issues = [issue for issue in bench.jira.site.issues.values() if issue.is_visible]

    def one(self, issue: Issue, kind: str) -> Any:
        (value,) = held(issue, kind, self.service).values()
        return value

    def slas(self, issue: Issue) -> list[tuple[str, Any]]:
        """Each SLA with its field; where a field says nothing of a request, all are as the desk itself tells."""
        values = held(issue, "sla", self.service)
        if self.one(issue, "request_type") and any(isinstance(value, str) for value in values.values()):
            fields = {field.id: field for field in self.service.site.fields}
            values = {id_: sla_from_the_desk(fields[id_], told, self.service.site.stamps) for id_, told in values.items()}
        return [(id_, told) for id_, told in values.items() if isinstance(told, dict) and "completedCycles" in told]

    def unread(self) -> list[Issue]:
        """The issues of which a field says nothing that can be read."""
        return [issue for issue in self.issues if any(isinstance(told, str) for told in self.held_slas(issue))]

    def held_slas(self, issue: Issue) -> list[Any]:
        return list(held(issue, "sla", self.service).values())

    def sla_rows(self) -> Iterator[tuple[Any, ...]]:
        for issue in self.issues:
            for field_id, sla in self.slas(issue):
                cycles = [(cycle, False) for cycle in sla["completedCycles"]]
                cycles += [(sla["ongoingCycle"], True)] if "ongoingCycle" in sla else []
                for position, (cycle, is_ongoing) in enumerate(cycles):
                    yield (
                        issue.id, int(sla["id"]), position, field_id, sla["name"], is_ongoing, cycle.get("paused", False),
                        cycle["breached"], cycle.get("withinCalendarHours"),
                        *(moment(cycle.get(name)) for name in ("startTime", "stopTime", "breachTime")),
                        *(seconds(cycle[name]) for name in ("goalDuration", "elapsedTime", "remainingTime")),
                    )  # fmt: skip

    def rows(self) -> dict[str, set[tuple[Any, ...]]]:
        told: dict[str, set[tuple[Any, ...]]] = {name: set() for name in OF_ISSUES}
        told["sla_cycle"] = set(self.sla_rows())
        for issue in self.issues:
            if (request := self.one(issue, "request_type")) is not None:
                kind, status = request["requestType"], request["currentStatus"]
                since = moment(status["statusDate"])
                told["request"].add(
                    (issue.id, int(kind["id"]), int(kind["serviceDeskId"]), status["status"], status["statusCategory"], since,
                     request["_links"]["web"])
                )  # fmt: skip
            told["request_participant"] |= {(issue.id, user["accountId"]) for user in self.one(issue, "participants") or ()}
            told["request_organization"] |= {(issue.id, int(one["id"])) for one in self.one(issue, "organizations") or ()}
            for one in self.one(issue, "approvals") or ():
                times = moment(one["createdDate"]), moment(one.get("completedDate"))
                told["approval"].add((int(one["id"]), issue.id, one["name"], one["finalDecision"], *times))
                told["approval_approver"] |= {
                    (issue.id, int(one["id"]), person["approver"]["accountId"], person["approverDecision"])
                    for person in one["approvers"]
                }
        return told


def rows_of_desks(bench: Bench) -> dict[str, set[tuple[Any, ...]]]:
    desk, rows = desk_of(bench), {}
    rows["service_desk"] = {(1, int(desk.project.id), "Help & Desk")}
    # Data Center knows organizations by number and name alone, and restricts no type of request.
    is_cloud = not bench.jira.service.is_data_center
    rows["request_type"] = {
        (int(told["id"]), 1, 10001, told["name"], told["description"], told["helpText"], "OPEN" if is_cloud else None)
        for told in desk.request_types
    }
    rows["organization"] = {
        (int(told["id"]), told["uuid"], told["name"], told.get("scimManaged"), moment(told.get("created")))
        if is_cloud
        else (int(told["id"]), None, told["name"], None, None)
        for told in desk.organizations
    }
    rows["organization_member"] = {(int(id_), user.account_id) for id_, users in desk.members.items() for user in users}
    rows["service_desk_organization"] = {(1, int(id_)) for id_ in desk.shown}
    rows["service_desk_customer"] = {(1, user.account_id) for user in desk.customers}
    return rows


def asked_of_requests(bench: Bench) -> list[str]:
    return [path for path, _ in bench.heard.asked if "/servicedeskapi/request/" in path]


@both_flavours
def test_every_table_holds_what_the_service_desk_holds(desks: Bench) -> None:
    desks.entities = ("service_management", "user")
    report = desks.sync()

    requests = Requests(desks)
    wanted = rows_of_desks(desks) | requests.rows()
    assert set(wanted) == set(TABLES)
    for table, rows in wanted.items():
        assert stored(desks, table) == rows != set(), table
    customers = {row["id"]: row for row in desks.rows("user")}
    for user in desk_of(desks).customers:
        row = customers[user.account_id]
        assert (row["name"], row["email"], row["is_active"]) == (user.name, user.email, user.active)
    assert [note for note in report.notes if "never loaded" not in note] == []


def test_cycles_of_every_state_are_there(desks: Bench) -> None:
    desks.sync(entities=("sla_cycle",))

    states = set(desks.query("SELECT is_ongoing, is_paused, is_breached FROM jira.sla_cycle"))
    assert states == {
        (False, False, False),
        (False, False, True),
        (True, False, False),
        (True, True, False),
        (True, False, True),
    }
    assert desks.query("SELECT count(*) > 0 FROM jira.sla_cycle WHERE position = 2") == [(True,)]
    assert desks.query("SELECT count(*) > 0 FROM jira.sla_cycle WHERE remaining_seconds < 0") == [(True,)]


def test_only_what_the_fields_do_not_tell_is_asked_an_issue_at_a_time(desks: Bench) -> None:
    desks.sync()

    requests = Requests(desks)
    unread = requests.unread()
    assert unread
    wanted = [f"GET /rest/servicedeskapi/request/{issue.id}/sla" for issue in unread]
    assert sorted(asked_of_requests(desks)) == sorted(wanted)
    # An issue that nobody asked for on the portal is no request, so its service desk has no answer either.
    alone = [issue for issue in unread if requests.one(issue, "request_type") is None]
    assert {row["source_id"].partition("/")[0] for row in desks.rows("_rejected_row")} == {str(issue.id) for issue in alone}

    # Once the look-back has passed them, issues that did not change are not asked for again.
    for _ in range(2):
        desks.jira.clock.advance(24 * 3600)
        desks.sync()
    assert asked_of_requests(desks) == []


def test_a_cycle_that_ends_changes_its_row_and_one_that_is_no_more_is_marked(desks: Bench) -> None:
    desks.sync(entities=("sla_cycle",))
    requests = Requests(desks)
    issue, field_id, sla = next(
        (issue, field_id, sla)
        for issue in requests.issues
        for field_id, sla in requests.slas(issue)
        if "ongoingCycle" in sla and not requests.slas(issue)[1:] and issue not in requests.unread()
    )
    ended = sla.pop("ongoingCycle")
    begin = ended["startTime"]["epochMillis"]
    sla["completedCycles"].append(ended | {"stopTime": {"epochMillis": begin + 60_000}})
    desks.jira.clock.advance(60)
    desks.jira.change.put_raw(issue.key, field_id, json.dumps(sla).encode())
    desks.jira.clock.advance(120)

    report = desks.sync(entities=("sla_cycle",))

    assert stored(desks, "sla_cycle") == set(Requests(desks).sla_rows())
    assert counts(report, "sla_cycle")["updated"] == 1

    desks.jira.change.put_raw(issue.key, field_id, b"null")
    desks.jira.clock.advance(120)
    report = desks.sync(entities=("sla_cycle",))

    assert stored(desks, "sla_cycle") == set(Requests(desks).sla_rows())
    assert counts(report, "sla_cycle")["deleted"] == len(sla["completedCycles"])


def test_what_a_desk_no_longer_has_is_gone(desks: Bench) -> None:
    desks.sync(entities=OF_DESKS)
    desk = desk_of(desks)
    desk.request_types.pop()
    desk.members["1"].pop()
    desk.shown.remove("2")
    del desk.members[desk.organizations.pop()["id"]]

    desks.sync(entities=OF_DESKS)

    assert {table: stored(desks, table) for table in OF_DESKS} == rows_of_desks(desks)
    assert [row["_deleted_reason"] for row in desks.rows("request_type", "_deleted_at IS NOT NULL")] == ["missing"]


def test_an_issue_that_is_gone_takes_what_it_held_along(desks: Bench) -> None:
    asked = ("issue", *OF_ISSUES)
    desks.sync(entities=asked)
    issue = next(issue for issue in Requests(desks).issues if Requests(desks).slas(issue))
    desks.jira.change.delete(issue.key)
    desks.jira.clock.advance(13 * 3600)

    desks.census(entities=asked)

    wanted = Requests(desks).rows()
    assert {table: stored(desks, table) for table in wanted} == wanted
    assert {row["_deleted_reason"] for row in desks.rows("sla_cycle", f"issue_id = {issue.id}")} == {"deleted"}


@both_flavours
def test_a_site_without_service_management_skips_it_with_one_line(bench: Bench) -> None:
    report = bench.sync(entities=("service_management",))

    (note,) = [note for note in report.notes if "never loaded" not in note]
    assert note == f"{', '.join(OF_DESKS)}: skipped, since {bench.jira.url} has no Jira Service Management."
    assert [path for path, _ in bench.heard.asked if "servicedeskapi" in path] == ["GET /rest/servicedeskapi/info"]
    of_run = f"run_id = '{report.run.run_id}' AND message LIKE 'skipped: %'"
    assert {entity for (entity,) in bench.query(f"SELECT entity FROM jira._sync_run WHERE {of_run}")} == set(OF_DESKS)
    assert all(not bench.rows(table) for table in TABLES)


def test_who_works_at_no_desk_is_told_what_is_not_permitted_and_the_rows_stay(desks: Bench) -> None:
    desks.sync(entities=OF_DESKS)
    before = {table: stored(desks, table) for table in OF_DESKS}
    desks.jira.account.groups = ["jira-administrators"]

    report = desks.sync(entities=OF_DESKS)

    (note,) = report.notes
    closed = ("organization", "service_desk_organization", "service_desk_customer", "organization_member")
    assert note.startswith(f"{', '.join(closed)}: not permitted, so their tables were left as they are. ")
    assert {table: stored(desks, table) for table in OF_DESKS} == before


def test_service_levels_are_loaded_by_default_and_the_rest_where_it_is_asked_for() -> None:
    assert [name for name in TABLES if name in entities_asked(())] == ["sla_cycle"]
    assert set(entities_asked(("service_management",))) == set(TABLES)


def test_kept_payloads_give_the_same_rows_once_more(desks: Bench) -> None:
    desks.sync(entities=("issue", *OF_ISSUES), raw=True)
    desks.write("DELETE FROM jira.sla_cycle; DELETE FROM jira.approval; UPDATE jira.request SET portal_status = 'x'")

    rebuild(desks.staging, SyncRequest(entities=OF_ISSUES), desks.new_report())

    wanted = Requests(desks).rows()
    assert {table: stored(desks, table) for table in wanted} == wanted


def test_organizations_take_turns_in_being_read_for_who_is_in_them(desks: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(role_turns, "MOST_REQUESTS", 1)
    asked = ("organization", "organization_member")
    desks.sync(entities=asked)
    everything = stored(desks, "organization_member")
    assert everything == rows_of_desks(desks)["organization_member"]
    nights = []
    for _ in range(3):
        desks.jira.clock.advance(24 * 3600)
        report = desks.sync(entities=asked)
        nights.append([path.split("/")[-2] for path, _ in desks.heard.asked if path.endswith("/user")])
        told = f"run_id = '{report.run.run_id}' AND entity = 'organization_member' AND scope = 'site'"
        assert desks.query(f"SELECT message FROM jira._sync_run WHERE {told}") == [
            ("2 of 3 organizations wait for their turn.",)
        ]
    assert sorted(nights) == [["1"], ["2"], ["3"]]
    # Those who wait keep their rows.
    assert stored(desks, "organization_member") == everything

    desk_of(desks).members["1"].pop()
    desks.sync(entities=asked, full=True)
    assert stored(desks, "organization_member") == rows_of_desks(desks)["organization_member"]
