"""What the views for reports say is what happened on the site, recounted without SQL."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from reporting.conftest import ZONE, Loaded
from reporting.recounted import held, moment


def test_the_reports_are_as_of_jiras_clock_and_in_the_zone_that_was_asked_for(loaded: Loaded) -> None:
    recount = loaded.recount
    ((as_of, day, zone),) = loaded.rows("as_of", "as_of, as_of_date, time_zone")
    assert (as_of.replace(microsecond=0), day, zone) == (
        datetime.fromtimestamp(recount.as_of_ms // 1000, UTC),
        recount.day(recount.as_of_ms),
        ZONE,
    )


def test_the_calendar_knows_weeks_months_and_weekends(loaded: Loaded) -> None:
    rows = loaded.rows(
        "calendar_day", "date, week_start_date, month_start_date, is_weekend, is_working_day, working_days_before"
    )
    days = sorted(rows)
    worked = 0
    for at, (day, week, month, weekend, works, before) in enumerate(days):
        assert day == days[0][0] + timedelta(days=at)
        assert week == day - timedelta(days=day.weekday())
        assert month == day.replace(day=1)
        assert (weekend, works) == (day.weekday() > 4, day.weekday() < 5)
        assert before == worked
        worked += works
    assert days[0][0] < min(loaded.recount.day(issue.created_ms) for issue in loaded.recount.issues)


def test_every_issue_has_its_names_and_its_days_in_both_zones(loaded: Loaded) -> None:
    recount = loaded.recount
    rows = loaded.rows(
        "issue_overview",
        "issue_key, project_key, type_name, status_name, status_category, priority_name, assignee_name, created_date, "
        "created_date_utc, resolved_date",
    )
    expected = set()
    for issue in recount.issues:
        value, resolved = issue.body.value, recount.resolved_ms(issue)
        expected.add(
            (
                issue.key,
                issue.project.key,
                value("issuetype")["name"],
                value("status")["name"],
                recount.category[value("status")["id"]],
                (value("priority") or {}).get("name"),
                (value("assignee") or {}).get("displayName"),
                recount.day(issue.created_ms),
                datetime.fromtimestamp(issue.created_ms / 1000, UTC).date(),
                None if resolved is None else recount.day(resolved),
            )
        )
    assert len(rows) == len(expected)
    # People may be shown by an older name in an older payload.
    assert {row[:6] + row[7:] for row in rows} == {row[:6] + row[7:] for row in expected}
    assert sum(row in expected for row in rows) > len(expected) * 0.9
    assert any(row[7] != row[8] for row in rows)


def test_stays_in_a_status_follow_each_other_and_are_as_long_as_they_were(loaded: Loaded) -> None:
    recount = loaded.recount
    names = {status.id: status.payload["name"] for status in recount.site.all_statuses()}
    expected = {
        (issue.id, names[status], moment(begins), moment(end)): (
            int(((recount.as_of_ms if end is None else end) - begins) // 1000),
            recount.working_seconds(begins, recount.as_of_ms if end is None else end, set()),
        )
        for issue in recount.issues
        for status, begins, end in recount.stays(issue)
    }
    rows = loaded.rows("status_period", "issue_id, status_name, entered_at, left_at, seconds, working_seconds")
    assert {row[:4] for row in rows} == expected.keys()
    for *key, seconds, working in rows:
        assert abs(seconds - expected[tuple(key)][0]) <= 1
        assert abs(working - expected[tuple(key)][1]) <= 1


def test_time_in_status_is_the_sum_of_the_stays(loaded: Loaded) -> None:
    recount = loaded.recount
    names = {status.id: status.payload["name"] for status in recount.site.all_statuses()}
    visits: Counter[tuple[str, str]] = Counter()
    seconds: Counter[tuple[str, str]] = Counter()
    for issue in recount.issues:
        for status, begins, end in recount.stays(issue):
            visits[issue.key, names[status]] += 1
            seconds[issue.key, names[status]] += ((recount.as_of_ms if end is None else end) - begins) // 1000
    rows = loaded.rows("time_in_status", "issue_key, status_name, visits, seconds, is_there")
    assert {row[:2]: row[2] for row in rows} == visits
    for key, status, count, took, is_there in rows:
        assert abs(took - seconds[key, status]) <= count
        assert is_there == (recount.site.issue(key).body.value("status")["name"] == status)  # type: ignore[union-attr]


def test_holidays_are_no_working_days(in_duckdb: Loaded) -> None:
    recount = in_duckdb.recount
    free = {date(2026, 11, 3), date(2026, 11, 5)}
    for day in free:
        in_duckdb.query(f"INSERT INTO jira._calendar_exception VALUES (DATE '{day}', FALSE, 'A holiday')")
    try:
        rows = in_duckdb.rows("status_period", "issue_id, entered_at, working_seconds", "left_at IS NULL")
    finally:
        in_duckdb.query("DELETE FROM jira._calendar_exception")
    assert rows
    for _, entered, working in rows:
        expected = recount.working_seconds(round(entered.timestamp() * 1000), recount.as_of_ms, free)
        assert abs(working - expected) <= 1


def test_the_cumulative_flow_counts_issues_where_they_were_on_that_day(loaded: Loaded) -> None:
    recount = loaded.recount
    last = recount.day(recount.as_of_ms)
    for days_ago in (1, 2, 3, 4, 5, 8, 30, 90, 365, 600):
        day = last - timedelta(days=days_ago)
        rows = loaded.rows("cumulative_flow", "project_key, type_name, status_name, issues", f"date = DATE '{day}'")
        assert {row[:3]: row[3] for row in rows} == recount.flow(day)
    assert recount.flow(last) != recount.flow(last - timedelta(days=5))


def test_cycle_and_lead_times_end_with_the_last_time_that_an_issue_was_done(loaded: Loaded) -> None:
    recount = loaded.recount
    rows = loaded.rows(
        "cycle_time", "issue_id, started_at, done_at, times_reopened, lead_seconds, cycle_seconds, working_lead_seconds"
    )
    assert {row[0]: row[1:4] for row in rows} == {issue.id: recount.cycle(issue) for issue in recount.issues}
    assert sum(row[3] > 0 for row in rows) >= 4
    for issue_id, started, done, _, lead, cycle, working in rows:
        created = recount.site.issues[issue_id].created_ms
        if done is None:
            assert (lead, cycle, working) == (None, None, None)
            continue
        done_ms = round(done.timestamp() * 1000)
        assert abs(lead - (done_ms - created) // 1000) <= 1
        assert abs(working - recount.working_seconds(created, done_ms, set())) <= 1
        assert (cycle is None) == (started is None or started > done)
        assert cycle is None or abs(cycle - int((done - started).total_seconds())) <= 1


def test_logged_work_is_counted_by_person_week_and_project(loaded: Loaded) -> None:
    rows = loaded.rows("worklog_week", "author_id, week_start_date, project_key, worklogs, issues, seconds")
    assert {row[:3]: row[3:] for row in rows} == loaded.recount.logged()


def test_created_and_resolved_issues_are_counted_by_day_and_project(loaded: Loaded) -> None:
    recount = loaded.recount
    rows = loaded.rows("created_resolved", "project_key, date, created, resolved, created_until, resolved_until, unresolved")
    created = Counter((issue.project.key, recount.day(issue.created_ms)) for issue in recount.issues)
    ends = [(issue.project.key, recount.resolved_ms(issue)) for issue in recount.issues]
    resolved = Counter((key, recount.day(at_ms)) for key, at_ms in ends if at_ms is not None)
    assert {row[:2]: row[2] for row in rows if row[2]} == created
    assert {row[:2]: row[3] for row in rows if row[3]} == resolved
    for key, day, _, _, made, done, rest in rows:
        assert made == sum(count for (project, at), count in created.items() if project == key and at <= day)
        assert done == sum(count for (project, at), count in resolved.items() if project == key and at <= day)
        assert rest == made - done


def sprint_days(loaded: Loaded) -> dict[tuple[int, date], tuple[int, int, float, float]]:
    """By sprint and day: issues, issues not done, points, points not done."""
    recount, found = loaded.recount, {}
    for sprint in (each for project in recount.site.projects for each in project.sprints()):
        if sprint.start_ms is None or sprint.start_ms > recount.as_of_ms:
            continue
        end = sprint.complete_ms or recount.as_of_ms
        day = recount.day(sprint.start_ms)
        while day <= recount.day(end):
            at_ms = min(recount.day_end(day), end)
            there = [issue for issue in recount.issues if sprint.id in (held(recount.sprints(issue), at_ms) or ())]
            points = {issue.id: held(recount.points(issue), at_ms) or 0.0 for issue in there}
            left = [issue for issue in there if not recount.is_done(issue, at_ms)]
            if there:
                found[sprint.id, day] = (len(there), len(left), sum(points.values()), sum(points[issue.id] for issue in left))
            day += timedelta(days=1)
    return found


def test_sprints_burn_down_day_by_day(loaded: Loaded) -> None:
    rows = loaded.rows("sprint_burndown", "sprint_id, date, issues, remaining_issues, points, remaining_points")
    rounded = {row[:2]: (row[2], row[3], round(row[4], 6), round(row[5], 6)) for row in rows}
    expected = {key: (*days[:2], round(days[2], 6), round(days[3], 6)) for key, days in sprint_days(loaded).items()}
    assert rounded == expected != {}


def test_a_sprint_tells_what_it_began_with_what_came_later_and_what_was_done(loaded: Loaded) -> None:
    recount, expected = loaded.recount, set()
    for sprint in (each for project in recount.site.projects for each in project.sprints()):
        if sprint.start_ms is None or sprint.start_ms > recount.as_of_ms:
            continue
        end = sprint.complete_ms or recount.as_of_ms
        for issue in recount.issues:
            known = recount.sprints(issue)
            at_start = sprint.id in (held(known, sprint.start_ms) or ())
            came_later = any(sprint.id in ids and sprint.start_ms < at_ms < end for at_ms, ids in known)
            at_end = sprint.id in (held(known, end) or ())
            if at_start or came_later:
                done = at_end and recount.is_done(issue, end)
                expected.add((sprint.id, issue.key, at_start, not at_start, not at_end, done))
    rows = loaded.rows("sprint_issue", "sprint_id, issue_key, was_committed, was_added_later, was_removed, was_done")
    assert len(rows) == len(expected)
    assert set(rows) == expected
    assert {row[3] for row in rows} == {row[4] for row in rows} == {row[5] for row in rows} == {True, False}


def test_releases_burn_up(loaded: Loaded) -> None:
    recount = loaded.recount
    last = recount.day(recount.as_of_ms)
    for days_ago in (1, 3, 6, 40, 200, 500):
        day = last - timedelta(days=days_ago)
        end = recount.day_end(day)
        issues: Counter[int] = Counter()
        done: Counter[int] = Counter()
        for issue in recount.issues:
            for version in held(recount.versions(issue), end) or ():
                issues[int(version)] += 1
                done[int(version)] += recount.is_done(issue, end)
        rows = loaded.rows("release_burnup", "version_id, issues, done_issues", f"date = DATE '{day}' AND issues > 0")
        assert {row[0]: row[1:] for row in rows} == {version: (count, done[version]) for version, count in issues.items()}


def test_epics_are_a_table_that_counts_what_they_gather(loaded: Loaded) -> None:
    recount = loaded.recount
    epics = {issue.key: issue for issue in recount.issues if issue.body.value("issuetype").get("hierarchyLevel") == 1}
    below: dict[str, list[bool]] = {key: [] for key in epics}
    for issue in recount.issues:
        parent = recount.site.parent_of(issue)
        if parent is not None and parent.key in epics:
            below[parent.key].append(recount.category[issue.body.value("status")["id"]] == "done")
    assert sum(map(len, below.values())) > 5
    rows = loaded.rows("epic", "epic_id, epic_key, project_key, status_name, issues, done_issues")
    assert sorted(rows) == sorted(
        (
            epic.id,
            key,
            epic.project.key,
            epic.body.value("status")["name"],
            len(below[key]),
            sum(below[key]),
        )
        for key, epic in epics.items()
    )


def test_open_issues_tell_what_is_stale_blocked_and_overdue(loaded: Loaded) -> None:
    recount = loaded.recount
    there = {issue.id: issue for issue in recount.issues if not recount.is_done(issue, recount.as_of_ms)}
    blocked = {
        (link.inward_id, link.outward_id)
        for issue in recount.issues
        for link in recount.site.links_of(issue)
        if link.type_position == 0 and link.inward_id in there and link.outward_id in there
    }
    pairs = loaded.rows("blocked_issue", "issue_id, blocker_id")
    assert sorted(pairs) == sorted(blocked) != []
    rows = loaded.rows(
        "open_issue", "issue_id, days_since_update, days_in_status, is_stale, is_overdue, open_blockers, is_blocked"
    )
    assert {row[0] for row in rows} == there.keys()
    for issue_id, rests, stays, stale, overdue, blockers, is_blocked in rows:
        issue = there[issue_id]
        due = issue.body.value("duedate")
        assert rests == (recount.as_of_ms - issue.updated_ms) // 86_400_000
        assert stays == (recount.as_of_ms - recount.status(issue)[-1][0]) // 86_400_000
        assert stale == (recount.as_of_ms - issue.updated_ms >= 30 * 86_400_000)
        assert overdue == (due is not None and date.fromisoformat(due) < recount.day(recount.as_of_ms))
        assert blockers == sum(held_up == issue_id for held_up, _ in blocked)
        assert is_blocked or not blockers


def test_service_levels_are_met_missed_or_still_run_by_the_time_of_the_report(loaded: Loaded) -> None:
    recount, expected, outcomes = loaded.recount, [], set()
    (field,) = [field for field in recount.site.fields if field.kind == "sla"]
    for issue in recount.issues:
        told = recount.payloads[issue.id].get(field.id) or {}
        cycles = [(cycle, "missed" if cycle["breached"] else "met") for cycle in told.get("completedCycles", ())]
        if "ongoingCycle" in told:
            cycles.append((told["ongoingCycle"], _standing(told["ongoingCycle"], recount.as_of_ms)))
        for position, (cycle, outcome) in enumerate(cycles):
            took, goal, left = (cycle[name]["millis"] // 1000 for name in ("elapsedTime", "goalDuration", "remainingTime"))
            key = (issue.key, issue.key.partition("-")[0], field.id, field.name, position)
            expected.append((*key, outcome, goal, took, left, moment(cycle.get("stopTime", {}).get("epochMillis"))))
            outcomes.add((outcome, "stopTime" in cycle, cycle["breached"]))
    rows = loaded.rows(
        "sla_outcome",
        "issue_key, project_key, field_id, sla_name, position, outcome, goal_seconds, elapsed_seconds, remaining_seconds, "
        "stopped_at",
    )
    assert sorted(rows, key=str) == sorted(expected, key=str)
    # The last was still in time when its issue was read.
    ended, running = {("met", True, False), ("missed", True, True)}, {("running", False, False), ("paused", False, False)}
    assert outcomes == ended | running | {("missed", False, True), ("missed", False, False)}


def _standing(cycle: dict[str, Any], as_of_ms: int) -> str:
    """What is to be said of a cycle that goes on."""
    if cycle["breached"]:
        return "missed"
    if cycle["paused"]:
        return "paused"
    return "missed" if cycle["breachTime"]["epochMillis"] <= as_of_ms else "running"


def test_what_is_gone_is_in_no_report(loaded: Loaded) -> None:
    gone = loaded.query("SELECT id FROM jira.issue WHERE _deleted_at IS NOT NULL")
    there = {issue.id for issue in loaded.recount.issues}
    for view in (
        "issue_overview",
        "issue_period",
        "status_period",
        "cycle_time",
        "sprint_issue",
        "open_issue",
        "time_in_status",
    ):
        ids = {row[0] for row in loaded.rows(view, "issue_id")}
        assert ids <= there
        assert not ids & {row[0] for row in gone}


def test_a_moved_and_a_retyped_issue_are_counted_where_they_were(loaded: Loaded) -> None:
    def history(key: str, column: str) -> list[Any]:
        issue = loaded.recount.site.issue(key)
        assert issue is not None
        rows = sorted(loaded.rows("issue_period", f"begins_at, {column}", f"issue_id = {issue.id}"))
        return [value for at, (_, value) in enumerate(rows) if not at or value != rows[at - 1][1]]

    kinds = {kind.id: kind.payload["name"] for kind in loaded.recount.site.all_issue_types()}
    assert len(history("AND-2", "project_id")) == 2
    assert [kinds[str(kind)] for kind in history("PAY-3", "issue_type_id")][-1] == "Bug"
    assert len(history("PAY-3", "issue_type_id")) == 2
