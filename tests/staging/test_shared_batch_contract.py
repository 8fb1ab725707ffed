"""A batch that several projects share, on every warehouse: each is counted for itself, and leaves its own stored sweep."""

from jira_staging.records import Batch, RejectedRow, Report, Rows, Share
from jira_staging.staging import Staging
from staging.invented_rows import NOON, ONE_PM, SCOPE, a_run, a_state, issue, label, link, rows_of, values

OTHER, THIRD = "project:10001", "project:10002"


def shared(*rows: Rows) -> Batch:
    """Issue 1 is the first scope's, 2 and 3 another's, 4 a third's."""
    damaged = RejectedRow("issue", "2/customfield_1", "too long", "null")
    return Batch(
        SCOPE,
        rows,
        swept=[1],
        states=(a_state(watermark=7), a_state(OTHER, 8)),
        beside=(Share(OTHER, [2, 3], (damaged,), [2, 3]), Share(THIRD, [4], swept=[4])),
    )


def counted(report: Report) -> dict[tuple[str, str], tuple[int, ...]]:
    """Read, inserted, updated, unchanged, deleted and rejected rows by table and scope."""
    names = ("read", "inserted", "updated", "unchanged", "deleted", "rejected")
    return {key: tuple(getattr(tally, f"rows_{name}") for name in names) for key, tally in report.tallies.items()}


def people(*ids: str) -> Rows:
    return rows_of("user", *({"id": one, "name": one.title()} for one in ids))


def test_each_scope_of_a_batch_is_counted_for_itself(staging: Staging) -> None:
    for scope, ids in ((SCOPE, [1, 10]), (OTHER, [2, 3, 10]), (THIRD, [4])):
        staging.store_sweep(scope, ids, 5, a_state(scope, entity="_sync_sweep"))
    first = Report(a_run("first"))
    staging.publish(
        shared(
            rows_of("issue", *(issue(number, ONE_PM if number == 3 else NOON) for number in (1, 2, 3, 4))),
            rows_of("issue_label", label(1, "a"), label(2, "b"), label(2, "c"), label(3, "d"), owners=[1, 2, 3, 4]),
            rows_of("issue_link", link(7, 2), link(8, 4), owners=[1, 2, 3, 4]),
            people("anna", "ben"),
        ),
        first,
    )
    assert counted(first) == {
        ("issue", SCOPE): (1, 1, 0, 0, 0, 0),
        ("issue", OTHER): (2, 2, 0, 0, 0, 1),
        ("issue", THIRD): (1, 1, 0, 0, 0, 0),
        ("issue_label", SCOPE): (1, 1, 0, 0, 0, 0),
        ("issue_label", OTHER): (3, 3, 0, 0, 0, 0),
        ("issue_label", THIRD): (0, 0, 0, 0, 0, 0),
        ("issue_link", SCOPE): (0, 0, 0, 0, 0, 0),
        ("issue_link", OTHER): (1, 1, 0, 0, 0, 0),
        ("issue_link", THIRD): (1, 1, 0, 0, 0, 0),
        ("user", SCOPE): (2, 2, 0, 0, 0, 0),
    }
    assert {key: tally.watermark_to for key, tally in first.tallies.items() if tally.watermark_to} == {
        ("issue", SCOPE): 7,
        ("issue", OTHER): 8,
    }
    assert values(staging, "_sync_sweep", "scope", "issue_id") == [(SCOPE, 10), (OTHER, 10)]

    second = Report(a_run("second"))
    staging.publish(
        shared(
            # The other project's third issue is older than what is stored, so it is held back with its labels.
            rows_of("issue", *(issue(number, NOON, votes=1 if number in (2, 3) else None) for number in (1, 2, 3, 4))),
            rows_of("issue_label", label(1, "a"), label(2, "b"), label(3, "late"), label(4, "e"), owners=[1, 2, 3, 4]),
            rows_of("issue_link", link(7, 2, related=9), owners=[1, 2, 3, 4]),
            people("anna", "cy"),
        ),
        second,
    )
    assert counted(second) == {
        ("issue", SCOPE): (1, 0, 0, 1, 0, 0),
        ("issue", OTHER): (2, 0, 1, 1, 0, 1),
        ("issue", THIRD): (1, 0, 0, 1, 0, 0),
        ("issue_label", SCOPE): (1, 0, 0, 1, 0, 0),
        ("issue_label", OTHER): (2, 0, 0, 2, 1, 0),
        ("issue_label", THIRD): (1, 1, 0, 0, 0, 0),
        ("issue_link", SCOPE): (0, 0, 0, 0, 0, 0),
        ("issue_link", OTHER): (1, 0, 1, 0, 0, 0),
        ("issue_link", THIRD): (0, 0, 0, 0, 1, 0),
        ("user", SCOPE): (2, 1, 0, 1, 0, 0),
    }
    assert values(staging, "issue_label", "issue_id", "label") == [(1, "a"), (2, "b"), (3, "d"), (4, "e")]
    told = values(staging, "_sync_run", "entity", "scope", "rows_read", "rows_inserted", run_id=["second"])
    assert told == sorted((*key, *figures[:2]) for key, figures in counted(second).items())


def test_an_issue_that_two_scopes_brought_is_counted_once(staging: Staging) -> None:
    report = Report(a_run())
    batch = Batch(SCOPE, (rows_of("issue", issue(1)),), beside=(Share(OTHER, [1]), Share(THIRD, [1])))
    staging.publish(batch, report)
    assert counted(report) == {
        ("issue", SCOPE): (0, 0, 0, 0, 0, 0),
        ("issue", OTHER): (0, 0, 0, 0, 0, 0),
        ("issue", THIRD): (1, 1, 0, 0, 0, 0),
    }
