"""Replaying the history of whole sites gives what their issues hold now, for every issue and field."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from entities.invented_issues import AGILE, CUSTOM, field
from entities.replayed import flattened_json, replay, rows
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.history import Histories
from jira_staging.entities.history_fields import UNTOLD, UNTOLD_CUSTOM
from simulated_jira import Settings, SimulatedJira, lives
from simulated_jira.entries import history_json
from simulated_jira.field_list import system_fields
from simulated_jira.issue import Issue
from simulated_jira.rendering import Renderer
from simulated_jira.selection import selection_of

FOLDER = os.environ.get("JIRA_REAL_PAYLOADS", "")
A_BATCH = 2_000
IDS = ("accountId", "groupId", "id")
# No values of their own, or lists that are tables of their own: they have no history.
LISTS = {"comment", "worklog", "attachment", "issuelinks", "subtasks"}
WITHOUT_HISTORY = {*LISTS, "timetracking", "progress", "aggregateprogress", "issuerestriction", *UNTOLD}


def text(value: Any) -> str | None:
    """A value of a payload as the history writes it, told by nothing but its looks."""
    if isinstance(value, dict):
        if isinstance(value.get("child"), dict):
            return text(value["child"])
        ids = [str(value[name]) for name in IDS if value.get(name) is not None]
        return ids[0] if ids else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, str) and len(value) == 28 and value[10] == "T":
        moment = datetime.fromisoformat(value).astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return None if value is None else str(value).replace("\0", "\N{REPLACEMENT CHARACTER}")


def is_document(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "doc"


def expected(issue: dict[str, Any], catalogue: FieldCatalogue, epics: dict[str, str]) -> dict[str, Any]:
    """What the issue holds now, by field: texts, sets of texts, and for a document only that there is one."""
    held: dict[str, Any] = {"issuekey": issue["key"]}
    types = {known.id: known for known in catalogue.fields}
    for field_id, value in issue["fields"].items():
        if field_id in WITHOUT_HISTORY or field_id not in types or types[field_id].custom_type in UNTOLD_CUSTOM:
            continue
        if field_id in catalogue.epic_link_fields:
            held[field_id] = epics.get(value, value)
        elif is_document(value):
            held[field_id] = ...
        else:
            is_many = types[field_id].schema is not None and types[field_id].schema.type == "array"
            held[field_id] = {text(each) for each in value or ()} if is_many else text(value)
    parent = issue["fields"].get("parent")
    if parent and parent["fields"]["issuetype"].get("hierarchyLevel") == 1:
        # Team-managed projects have no Epic Link, and in others it is being replaced by the parent.
        held |= dict.fromkeys(catalogue.epic_link_fields, parent["id"])
    return {field_id: value for field_id, value in held.items() if value not in (None, set(), "")}


def assert_leads_to(
    histories: Histories, issues: list[dict[str, Any]], catalogue: FieldCatalogue, epics: dict[str, str]
) -> None:
    replayed = replay(histories)
    assert replayed.faults == []
    found: dict[int, dict[str, Any]] = {int(issue["id"]): {} for issue in issues}
    for (issue_id, field_id), value in replayed.values.items():
        found[issue_id][field_id] = value
    for (issue_id, field_id), values in replayed.sets.items():
        found[issue_id][field_id] = set(values)
    for issue in issues:
        held = expected(issue, catalogue, epics)
        there = {name: value for name, value in found[int(issue["id"])].items() if value not in (None, set(), "")}
        assert {name: ... if held.get(name) is ... else value for name, value in there.items()} == held


def simulated_batches(count: int, settings: Settings, seed: int) -> Iterator[tuple[Histories, list[Any], FieldCatalogue, Any]]:
    """History rows of a whole simulated site, batch by batch, made of the bytes that it would answer with."""
    site = SimulatedJira(count, projects=9, seed=seed, settings=settings).site
    catalogue = FieldCatalogue(json.dumps([known.payload() for known in site.fields]).encode())
    renderer = Renderer(site, selection_of(site, ["*all"]))
    issues: list[Issue] = list(site.issues.values())
    ids = {issue.key: issue.id for issue in issues}
    done = [int(status.id) for status in site.all_statuses() if status.category == "done"]
    for start in range(0, len(issues), A_BATCH):
        batch = issues[start : start + A_BATCH]
        pages = [b"[" + b",".join(map(renderer.issue, batch)) + b"]"]
        arrays = {
            issue.id: [b"[" + b",".join(history_json(site, entry) for entry in lives.histories(site, issue)) + b"]"]
            for issue in batch
        }
        histories = flattened_json(
            pages, arrays, catalogue, done_statuses=done, ids_of_keys=lambda keys: {key: ids[key] for key in keys if key in ids}
        )
        yield histories, json.loads(pages[0]), catalogue, {key: str(id_) for key, id_ in ids.items()}


@pytest.mark.parametrize(
    ("count", "settings"),
    [
        (400, Settings(custom_fields=70, issue_bytes=6_000)),
        (200, Settings(custom_fields=40, issue_bytes=5_000, locale="zh_CN", histories=25.0)),
        pytest.param(
            20_000, Settings(custom_fields=40, issue_bytes=5_000), marks=[pytest.mark.slow, pytest.mark.timeout(1200)]
        ),
    ],
)
def test_replaying_the_history_of_a_simulated_site_gives_what_its_issues_hold_now(count: int, settings: Settings) -> None:
    issues_seen = changes = 0
    for histories, issues, catalogue, ids in simulated_batches(count, settings, seed=20260928):
        assert_leads_to(histories, issues, catalogue, ids)
        assert (histories.contradictions, histories.rejected, histories.of_gone_fields) == ({}, (), 0)
        assert len(rows(histories, "issue_key_history")) == len(issues)
        issues_seen += len(issues)
        changes += len(rows(histories, "issue_status_transition"))
    assert issues_seen == count
    assert changes > count


# Real payloads, where a folder of them is at hand -----------------------------------------------------------------------

REAL = {
    10014: field(10014, "Epic Link", "any", f"{AGILE}gh-epic-link"),
    10000: field(10000, "Development", "any", "com.atlassian.jira.plugins.jira-development-integration-plugin:devsummary"),
    10018: field(10018, "Parent Link", "any", "com.atlassian.jpo:jpo-custom-field-parent"),
    10015: field(10015, "Start date", "date", f"{CUSTOM}datepicker"),
    10019: field(10019, "Rank", "any", f"{AGILE}gh-lexo-rank"),
    10020: field(10020, "Sprint", "array", f"{AGILE}gh-sprint", "json"),
    10022: field(10022, "First response", "datetime", f"{CUSTOM}datetime"),
    10023: field(10023, "[CHART] Time in Status", "any", "com.atlassian.jira.ext.charting:timeinstatus"),
    10060: field(10060, "End date", "date", f"{CUSTOM}datepicker"),
}


@pytest.mark.skipif(not FOLDER, reason="JIRA_REAL_PAYLOADS names no folder of real payloads")
def test_replaying_the_history_of_real_issues_gives_what_they_hold_now() -> None:
    issues = [json.loads(line) for line in (Path(FOLDER) / "issues.jsonl").read_bytes().splitlines()]
    numbers = {int(name.split("_")[1]) for issue in issues for name in issue["fields"] if name.startswith("customfield_")}
    custom = [REAL.get(number) or field(number, f"Field {number}", "any") for number in sorted(numbers)]
    catalogue = FieldCatalogue(json.dumps([*(known.payload() for known in system_fields()), *custom]).encode())
    ids = {issue["key"]: issue["id"] for issue in issues}
    ids |= {parent["key"]: parent["id"] for issue in issues if (parent := issue["fields"].get("parent"))}
    arrays = {int(issue["id"]): [json.dumps(issue["changelog"]["histories"]).encode()] for issue in issues}
    histories = flattened_json([json.dumps(issues).encode()], arrays, catalogue, done_statuses=[6, 10068])

    assert_leads_to(histories, issues, catalogue, ids)
    assert histories.rejected == ()
    assert histories.of_gone_fields == 0
    told = sum(
        item["field"] == "status" for issue in issues for act in issue["changelog"]["histories"] for item in act["items"]
    )
    assert len(rows(histories, "issue_status_transition")) == told
    # Their epics are deleted, and no changelog says so.
    assert set(histories.contradictions) == {"parent", "customfield_10014"}
