from datetime import UTC, date, datetime

import msgspec
import pyarrow as pa
import pytest

from jira_staging.entities.arrow_columns import arrow_column
from jira_staging.tables import ColumnType


def column(kind: ColumnType, *values: object) -> tuple[list[object], list[tuple[int, str, str]]]:
    """What the column holds, and what was rejected."""
    rejected: list[tuple[int, str, str]] = []
    array = arrow_column(kind, values, lambda *told: rejected.append(told))
    return array.to_pylist(), rejected


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2026-09-28T19:32:13.094+0500", datetime(2026, 9, 28, 14, 32, 13, 94_000, UTC)),
        ("2026-09-28T19:32:13.094-07:30", datetime(2026, 9, 29, 3, 2, 13, 94_000, UTC)),
        ("2026-09-28T19:32:13Z", datetime(2026, 9, 28, 19, 32, 13, 0, UTC)),
        ("2026-09-28T19:32:13.1Z", datetime(2026, 9, 28, 19, 32, 13, 100_000, UTC)),
        ("2026-09-28T19:32:13.1234567Z", datetime(2026, 9, 28, 19, 32, 13, 123_456, UTC)),
        ("1600-02-29T00:00:00.000+0000", datetime(1600, 2, 29, tzinfo=UTC)),
        (1_492_070_429_123, datetime(2017, 4, 13, 8, 0, 29, 123_000, UTC)),
        (None, None),
    ],
)
def test_times_are_read_as_jira_writes_them_alone_and_beside_others(sent: object, meant: datetime | None) -> None:
    assert column("timestamp", sent) == ([meant], [])
    other, at = "2026-01-01T00:00:00.000+0100", datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    assert column("timestamp", other, sent, None, 0) == ([at, meant, None, datetime(1970, 1, 1, tzinfo=UTC)], [])


@pytest.mark.parametrize("sent", ["", "soon", "2026-02-30T00:00:00Z", "2026-09-28T19:32:13", "2026-09-28", 10**30])
def test_what_is_no_time_is_rejected_and_costs_nothing_else(sent: object) -> None:
    values, rejected = column("timestamp", "2026-01-01T00:00:00.000+0000", sent)
    assert values == [datetime(2026, 1, 1, tzinfo=UTC), None]
    assert rejected == [(1, "Not a time", msgspec.json.encode(sent).decode() if sent != 10**30 else str(sent))]


def test_days_are_days() -> None:
    assert column("date", "2026-02-28", None, "2026-02-30", "tomorrow") == (
        [date(2026, 2, 28), None, None, None],
        [(2, "Not a day", '"2026-02-30"'), (3, "Not a day", '"tomorrow"')],
    )


def test_json_is_kept_as_it_was_written() -> None:
    assert column("json", msgspec.Raw(b'{"a": 1.0}'), None, b'["b"]') == (['{"a": 1.0}', None, '["b"]'], [])


@pytest.mark.parametrize(
    ("kind", "arrow_type"),
    [
        ("bigint", pa.int64()),
        ("double", pa.float64()),
        ("boolean", pa.bool_()),
        ("text", pa.string()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("date", pa.date32()),
        ("json", pa.string()),
    ],
)
def test_a_column_without_values_has_its_type(kind: ColumnType, arrow_type: pa.DataType) -> None:
    assert arrow_column(kind, [None, None], pytest.fail).equals(pa.nulls(2, arrow_type))
