"""What publishing does to rows, on every warehouse."""

import json
from datetime import UTC, date, datetime
from itertools import permutations

import pyarrow as pa
import pytest

from jira_staging.errors import StagingError, StagingRefused
from jira_staging.records import Batch, RejectedRow, Report, Rows
from jira_staging.staging import Staging
from staging.invented_rows import (
    NOON,
    ONE_PM,
    SCOPE,
    a_run,
    a_state,
    counts,
    issue,
    label,
    link,
    publish,
    rows_of,
    values,
)
from staging.warehouses import Warehouse


def test_new_changed_and_equal_rows_are_told_apart(staging: Staging) -> None:
    first = publish(staging, rows_of("issue", issue(1, summary="a"), issue(2, summary="b")))
    second = publish(staging, rows_of("issue", issue(1, summary="a"), issue(2, summary="B"), issue(3)))
    assert (first, second) == ({"issue": (2, 2, 0, 0, 0)}, {"issue": (3, 1, 1, 1, 0)})
    assert values(staging, "issue", "id", "summary") == [(1, "a"), (2, "B"), (3, None)]


def test_only_changed_rows_get_a_new_run_and_time(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1, summary="a"), issue(2, summary="b")), run=a_run("first"))
    before = dict(values(staging, "issue", "id", "_synced_at"))
    publish(staging, rows_of("issue", issue(1, summary="a"), issue(2, summary="B")), run=a_run("second"))
    after = dict(values(staging, "issue", "id", "_synced_at"))
    assert values(staging, "issue", "id", "_run_id") == [(1, "first"), (2, "second")]
    assert after[1] == before[1]
    assert after[2] > before[2]


def test_an_older_version_of_an_issue_and_its_children_are_kept_out(staging: Staging) -> None:
    newer = rows_of("issue", issue(1, ONE_PM, summary="new"), issue(2, NOON))
    publish(staging, newer, rows_of("issue_label", label(1, "new")), rows_of("issue_link", link(7, 1)))
    late = publish(
        staging,
        rows_of("issue", issue(1, NOON, summary="old"), issue(2, ONE_PM, summary="newer")),
        rows_of("issue_label", label(1, "old"), label(2, "kept"), owners=[1, 2]),
        rows_of("issue_link", owners=[1, 2]),
    )
    assert late == {"issue": (2, 0, 1, 1, 0), "issue_label": (2, 1, 0, 1, 0), "issue_link": (0, 0, 0, 0, 0)}
    assert values(staging, "issue", "id", "summary") == [(1, "new"), (2, "newer")]
    assert values(staging, "issue_label", "issue_id", "label") == [(1, "new"), (2, "kept")]
    assert values(staging, "issue_link", "id", "_deleted_reason") == [(7, None)]


def test_an_older_version_of_an_issue_and_its_children_holds_where_newer_ones_are_not_kept(staging: Staging) -> None:
    newer = rows_of("issue", issue(1, ONE_PM, summary="new"))
    publish(staging, newer, rows_of("issue_label", label(1, "new")), rows_of("issue_link", link(7, 1)))
    again = (
        rows_of("issue", issue(1, NOON, summary="restored")),
        rows_of("issue_label", label(1, "restored"), owners=[1]),
        rows_of("issue_link", link(8, 1), owners=[1]),
    )
    restored = publish(staging, *again, keeps_newer=False)
    assert restored == {"issue": (1, 0, 1, 0, 0), "issue_label": (1, 1, 0, 0, 1), "issue_link": (1, 1, 0, 0, 1)}
    assert values(staging, "issue", "id", "summary", "updated_at") == [(1, "restored", NOON)]
    assert values(staging, "issue_label", "issue_id", "label") == [(1, "restored")]
    assert values(staging, "issue_link", "id", "_deleted_reason") == [(7, "missing"), (8, None)]


def test_the_newest_version_stays_in_whatever_order_batches_come(staging: Staging) -> None:
    """An issue for each order in which three versions of it can be read: by runs beside each other, say."""
    versions = (NOON, NOON.replace(minute=1), ONE_PM)
    orders = dict(enumerate(permutations(range(3)), start=1))
    for turn in range(3):
        read = {issue_id: order[turn] for issue_id, order in orders.items()}
        publish(
            staging,
            rows_of("issue", *(issue(issue_id, versions[version], votes=version) for issue_id, version in read.items())),
            rows_of("issue_label", *(label(issue_id, f"v{version}") for issue_id, version in read.items()), owners=list(read)),
            rows_of(
                "issue_link",
                *(link(issue_id * 10 + version, issue_id) for issue_id, version in read.items()),
                owners=list(read),
            ),
        )
    assert values(staging, "issue", "id", "votes") == [(issue_id, 2) for issue_id in orders]
    assert values(staging, "issue_label", "issue_id", "label") == [(issue_id, "v2") for issue_id in orders]
    kept = [(link_id, reason) for link_id, reason in values(staging, "issue_link", "id", "_deleted_reason") if reason is None]
    assert kept == [(issue_id * 10 + 2, None) for issue_id in orders]


def test_an_equal_version_is_written(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1, NOON, votes=1)))
    assert publish(staging, rows_of("issue", issue(1, NOON, votes=2))) == {"issue": (1, 0, 1, 0, 0)}
    assert values(staging, "issue", "votes") == [(2,)]


def test_children_of_issues_that_are_not_in_the_batch_are_written(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1, ONE_PM)))
    assert publish(staging, rows_of("issue_label", label(1, "late"), owners=[1])) == {"issue_label": (1, 1, 0, 0, 0)}


def test_the_newest_of_two_versions_in_one_batch_wins(staging: Staging) -> None:
    twice = rows_of("issue", issue(1, ONE_PM, summary="new"), issue(1, NOON, summary="old"))
    assert publish(staging, twice) == {"issue": (2, 1, 0, 1, 0)}
    assert values(staging, "issue", "id", "summary") == [(1, "new")]


def test_the_last_of_two_equal_keys_wins_where_there_is_no_version(staging: Staging) -> None:
    publish(staging, rows_of("issue_link", link(7, 1, related=2), link(7, 1, related=3)))
    assert values(staging, "issue_link", "id", "related_issue_id") == [(7, 3)]


def test_what_an_owner_no_longer_has_is_removed_from_memberships_and_marked_elsewhere(staging: Staging) -> None:
    publish(
        staging,
        rows_of("issue_label", label(1, "a"), label(1, "b"), label(2, "c")),
        rows_of("issue_link", link(7, 1), link(8, 1), link(9, 2)),
    )
    changes = publish(
        staging,
        rows_of("issue_label", label(1, "b"), owners=[1]),
        rows_of("issue_link", link(8, 1), owners=[1]),
        run=a_run("second"),
    )
    assert changes == {"issue_label": (1, 0, 0, 1, 1), "issue_link": (1, 0, 0, 1, 1)}
    assert values(staging, "issue_label", "issue_id", "label") == [(1, "b"), (2, "c")]
    assert values(staging, "issue_link", "id", "_deleted_reason", "_run_id") == [
        (7, "missing", "second"),
        (8, None, "run-1"),
        (9, None, "run-1"),
    ]
    ((since,),) = values(staging, "issue_link", "_deleted_at", id=[7])
    assert isinstance(since, datetime)


def test_a_row_that_is_marked_stays_as_it_was_marked_and_comes_back_when_it_returns(staging: Staging) -> None:
    publish(staging, rows_of("issue_link", link(7, 1)))
    publish(staging, rows_of("issue_link", owners=[1]), run=a_run("gone"))
    again = publish(staging, rows_of("issue_link", owners=[1]), run=a_run("still gone"))
    assert again == {"issue_link": (0, 0, 0, 0, 0)}
    assert values(staging, "issue_link", "_run_id", "_deleted_reason") == [("gone", "missing")]
    assert publish(staging, rows_of("issue_link", link(7, 1))) == {"issue_link": (1, 0, 1, 0, 0)}
    assert values(staging, "issue_link", "_deleted_at", "_deleted_reason") == [(None, None)]


def test_a_whole_table_is_compared_where_no_owners_bound_it(staging: Staging) -> None:
    publish(staging, rows_of("priority", {"id": 1, "name": "High"}, {"id": 2, "name": "Low"}))
    changes = publish(staging, rows_of("priority", {"id": 1, "name": "High"}, owners=None))
    assert changes == {"priority": (1, 0, 0, 1, 1)}
    assert values(staging, "priority", "id", "_deleted_reason") == [(1, None), (2, "missing")]


def test_tables_that_keep_what_is_absent_keep_it(staging: Staging) -> None:
    publish(staging, rows_of("user", {"id": "a"}, {"id": "b"}))
    assert publish(staging, rows_of("user", {"id": "a"}, owners=None)) == {"user": (1, 0, 0, 1, 0)}
    assert values(staging, "user", "id", "_deleted_at") == [("a", None), ("b", None)]


def test_a_person_sighted_in_an_issue_does_not_blank_what_the_directory_told(staging: Staging) -> None:
    publish(staging, rows_of("user", {"id": "a", "name": "Ann", "email": "ann@example.com", "locale": "en_US"}))
    assert publish(staging, rows_of("user", {"id": "a", "name": "Ann"})) == {"user": (1, 0, 0, 1, 0)}
    assert publish(staging, rows_of("user", {"id": "a", "name": "Anna"})) == {"user": (1, 0, 1, 0, 0)}
    assert values(staging, "user", "id", "name", "email", "locale") == [("a", "Anna", "ann@example.com", "en_US")]


def test_what_a_person_hides_is_cleared_by_the_whole_directory(staging: Staging) -> None:
    publish(staging, rows_of("user", {"id": "a", "name": "Ann", "email": "ann@example.com"}, {"id": "b", "email": "b@b"}))
    assert publish(staging, rows_of("user", {"id": "a", "name": "Ann"}, owners=None)) == {"user": (1, 0, 1, 0, 0)}
    assert values(staging, "user", "id", "name", "email") == [("a", "Ann", None), ("b", None, "b@b")]


def test_custom_columns_appear_with_the_first_batch_that_has_them(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1)))
    grown = rows_of(
        "issue",
        issue(2, customfield_1=1.5, customfield_2='{"a": [1, null]}', customfield_3=date(2024, 2, 29)),
        custom={"customfield_1": "double", "customfield_2": "json", "customfield_3": "date"},
    )
    publish(staging, grown)
    assert list(staging.columns("issue").items())[-3:] == [
        ("customfield_1", "double"),
        ("customfield_2", "json"),
        ("customfield_3", "date"),
    ]
    assert values(staging, "issue", "id", "customfield_1", "customfield_3") == [
        (1, None, None),
        (2, 1.5, date(2024, 2, 29)),
    ]


def test_columns_that_a_batch_does_not_bring_are_left_as_they_are(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1, summary="kept", customfield_1="kept"), custom={"customfield_1": "text"}))
    changes = publish(staging, rows_of("issue", issue(1, votes=3), only=["id", "key", "updated_at", "votes"]))
    assert changes == {"issue": (1, 0, 1, 0, 0)}
    assert values(staging, "issue", "summary", "customfield_1", "votes") == [("kept", "kept", 3)]


def test_a_column_of_another_type_or_unknown_to_a_fixed_table_is_refused(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1), custom={"customfield_1": "double"}))
    with pytest.raises(StagingRefused, match="Rows for issue have text in customfield_1, but the column holds double"):
        publish(staging, rows_of("issue", issue(2), custom={"customfield_1": "text"}))
    with pytest.raises(StagingRefused, match="Rows for issue_label have text in colour, but the column does not exist"):
        publish(staging, rows_of("issue_label", label(1, "a"), custom={"colour": "text"}))
    assert "colour" not in staging.columns("issue_label")


def test_rows_without_a_key_are_refused(staging: Staging) -> None:
    with pytest.raises(StagingRefused, match="Rows for issue_label have no value in label"):
        publish(staging, rows_of("issue_label", {"issue_id": 1}))
    with pytest.raises(StagingRefused, match="The rows for issue have no column updated_at"):
        publish(staging, rows_of("issue", issue(1), only=["id", "key"]))


def test_rows_of_one_table_come_together(staging: Staging) -> None:
    with pytest.raises(StagingRefused, match="several for one of"):
        publish(staging, rows_of("user", {"id": "a"}), rows_of("user", {"id": "b"}))


def test_owners_of_a_table_that_has_none_are_refused(staging: Staging) -> None:
    with pytest.raises(StagingRefused, match="its rows belong to nobody"):
        publish(staging, rows_of("priority", {"id": 1}, owners=[1]))


def test_a_failure_leaves_tables_sweep_state_and_counts_as_they_were(staging: Staging) -> None:
    report = Report(a_run())
    staging.store_sweep(SCOPE, [1, 2], 5, a_state(entity="_sync_sweep"))
    staging.publish(Batch(SCOPE, (rows_of("issue", issue(1)),)), report)
    tally = report.tally("issue", SCOPE)
    broken = rows_of("issue", issue(2, customfield_1="{not json"), custom={"customfield_1": "json"})
    batch = Batch(
        SCOPE,
        (broken, rows_of("issue_label", label(2, "a"))),
        rejected=(RejectedRow("comment", "1", "no id", "{}"),),
        swept=[1, 2],
        states=(a_state(),),
    )
    with pytest.raises(StagingError) as failure:
        staging.publish(batch, report)
    assert "not json" not in str(failure.value)
    assert report.tally("issue", SCOPE) is tally
    assert counts(report) == {"issue": (1, 1, 0, 0, 0)}
    assert values(staging, "issue", "id") == [(1,)]
    assert values(staging, "_sync_sweep", "issue_id") == [(1,), (2,)]
    assert values(staging, "_sync_state", "entity") == [("_sync_sweep",)]
    assert values(staging, "_sync_run", "entity", "rows_read") == [("issue", 1)]
    assert values(staging, "_rejected_row", "entity") == []


def test_a_failure_after_counting_takes_the_counts_back(staging: Staging) -> None:
    report = Report(a_run())
    tally = report.tally("issue", SCOPE)
    tally.checks = "{not json"
    rows = (rows_of("issue", issue(1)), rows_of("issue_label", label(1, "a")))
    with pytest.raises(StagingError):
        staging.publish(Batch(SCOPE, rows, rejected=(RejectedRow("comment", "1", "no id", "{}"),)), report)
    assert counts(report) == {"issue": (0, 0, 0, 0, 0)}
    assert report.tally("issue", SCOPE) is tally
    assert values(staging, "issue_label", "issue_id") == []


def test_a_batch_takes_its_ids_out_of_the_sweep_and_moves_the_watermark(staging: Staging) -> None:
    staging.store_sweep(SCOPE, [30, 10, 20], 5, a_state(entity="_sync_sweep"))
    staging.store_sweep("project:2", [10], 5, a_state("project:2", entity="_sync_sweep"))
    report = Report(a_run())
    staging.publish(Batch(SCOPE, (), swept=[10, 99], states=(a_state(watermark=7),)), report)
    assert counts(report) == {"issue": (0, 0, 0, 0, 0)}
    assert values(staging, "_sync_run", "entity", "watermark_to") == [("issue", 7)]
    assert values(staging, "_sync_sweep", "scope", "position", "issue_id", "sweep_started") == [
        (SCOPE, 0, 30, 5),
        (SCOPE, 2, 20, 5),
        ("project:2", 0, 10, 5),
    ]
    assert values(staging, "_sync_state", "watermark", "fingerprint", "run_id", entity=["issue"]) == [
        (7, '{"entities": ["issue"]}', "run-1")
    ]


def test_a_jql_scope_remembers_which_issues_it_brought(staging: Staging) -> None:
    publish(staging, rows_of("issue", issue(1), issue(2)), scope="jql:abc")
    publish(staging, rows_of("issue", issue(2), issue(3)), scope="jql:abc")
    publish(staging, rows_of("issue", issue(4)), scope="project:1")
    assert values(staging, "_scope_issue", "scope", "issue_id") == [("jql:abc", 1), ("jql:abc", 2), ("jql:abc", 3)]


def test_rejected_rows_are_kept_counted_and_replaced_by_key(staging: Staging) -> None:
    report = Report(a_run())
    for reason in ("no id", "no date"):
        rejected = (RejectedRow("comment", "1", reason, '{"id": null}'),)
        staging.publish(Batch(SCOPE, (), rejected=rejected), report)
    assert values(staging, "_rejected_row", "run_id", "entity", "source_id", "reason", "payload") == [
        ("run-1", "comment", "1", "no date", '{"id": null}')
    ]
    assert report.tally("comment", SCOPE).rows_rejected == 2


EDGES = {
    "customfield_int": ("bigint", [2**63 - 1, -(2**63), 0, None]),
    "customfield_double": ("double", [1.7976931348623157e308, 5e-324, float("inf"), None]),
    "customfield_text": ("text", ["", "😀 👩‍👩‍👧", "x" * 1_000_000, "'; DROP TABLE issue; --"]),
    "customfield_json": ("json", ["[" * 100 + "]" * 100, '{"😀":"\\ud83d\\ude00"}', "null", None]),
    "customfield_date": ("date", [date(1, 1, 1), date(9999, 12, 31), date(1582, 10, 10), None]),
    "customfield_at": (
        "timestamp",
        [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), NOON, None],
    ),
    "customfield_bool": ("boolean", [True, False, None, None]),
}


@pytest.mark.parametrize("column", EDGES)
def test_values_at_the_edges_of_their_types_come_back_as_they_were(staging: Staging, column: str) -> None:
    column_type, given = EDGES[column]
    records = [issue(number, **{column: value}) for number, value in enumerate(given)]
    publish(staging, rows_of("issue", *records, custom={column: column_type}))
    # A warehouse may write the same JSON in other letters.
    read = (lambda value: value and json.loads(value)) if column_type == "json" else (lambda value: value)
    assert [read(value) for (value,) in values(staging, "issue", column)] == [read(value) for value in given]
    assert publish(staging, rows_of("issue", *records, custom={column: column_type})) == {"issue": (4, 0, 0, 4, 0)}


def test_times_beyond_pythons_calendar_come_back_as_arrow_gave_them(staging: Staging) -> None:
    far = pa.array([-100_000_000_000_000_000, 300_000_000_000_000_000], pa.int64()).cast(pa.timestamp("us", tz="UTC"))
    rows = rows_of("issue", issue(1), issue(2))
    data = rows.data.set_column(rows.data.schema.get_field_index("created_at"), "created_at", far)
    publish(staging, Rows("issue", data))
    assert staging.read("issue", ["created_at"])["created_at"].cast(pa.int64()).to_pylist() == [
        -100_000_000_000_000_000,
        300_000_000_000_000_000,
    ]


def test_not_a_number_equals_itself(staging: Staging) -> None:
    rows = rows_of("issue", issue(1, customfield_1=float("nan")), custom={"customfield_1": "double"})
    publish(staging, rows)
    assert publish(staging, rows) == {"issue": (1, 0, 0, 1, 0)}


def test_text_that_databases_refuse_is_mended(staging: Staging) -> None:
    broken = [b"half \xed\xa0\xbd emoji", b"nul \x00 inside", b"\xff"]
    offsets = pa.array([0, *(sum(len(text) for text in broken[: n + 1]) for n in range(3))], pa.int32()).buffers()[1]
    text = pa.StringArray.from_buffers(3, offsets, pa.py_buffer(b"".join(broken)))
    rows = rows_of(
        "issue",
        *(issue(number, customfield_1=text) for number, text in enumerate(['"\\ud83d"', '{"a": "\\u0000"}', '"\\\\u0000"'])),
        custom={"customfield_1": "json"},
    )
    data = rows.data.set_column(rows.data.schema.get_field_index("summary"), "summary", text)
    publish(staging, Rows("issue", data))
    assert values(staging, "issue", "summary") == [("half ��� emoji",), ("nul � inside",), ("�",)]
    stored = [json.loads(str(value)) for (value,) in values(staging, "issue", "customfield_1")]
    assert stored == ["�", {"a": "�"}, "\\u0000"]


def test_names_may_be_reserved_words_or_as_long_as_can_be(warehouse: Warehouse) -> None:
    for schema in ("select", "s" * 60):
        staging = warehouse.staging(schema)
        staging.prepare(a_run())
        long_name = ("customfield_" + "x" * 200)[: staging.longest_name]
        publish(
            staging,
            rows_of("issue", issue(1, **{"select": "x", long_name: 5}), custom={"select": "text", long_name: "bigint"}),
            rows_of("user", {"id": "a"}),
        )
        assert values(staging, "issue", "select", long_name) == [("x", 5)]
        assert values(staging, "user", "id") == [("a",)]


def test_names_may_hold_quotes_signs_and_emoji(warehouse: Warehouse) -> None:
    for schema in ('a "quoted" schema', "Ünïcode 😀"):
        staging = warehouse.staging(schema)
        staging.prepare(a_run())
        publish(staging, rows_of("issue", issue(1, **{'a"b': "y", "%s": "z"}), custom={'a"b': "text", "%s": "text"}))
        assert values(staging, "issue", 'a"b', "%s") == [("y", "z")]


def test_eight_hundred_custom_fields_fit(staging: Staging) -> None:
    custom = {f"customfield_{number}": "text" for number in range(10_000, 10_800)}
    publish(staging, rows_of("issue", issue(1, **dict.fromkeys(custom, "v")), custom=custom))
    assert publish(staging, rows_of("issue", issue(1, **dict.fromkeys(custom, "w")), custom=custom)) == {
        "issue": (1, 0, 1, 0, 0)
    }
    assert values(staging, "issue", "customfield_10799") == [("w",)]
