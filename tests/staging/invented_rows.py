"""Rows, runs and reports for the tests of every warehouse, built from the tables' own definitions."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pyarrow as pa

from jira_staging.records import Batch, Report, Rows, Run, SyncState
from jira_staging.staging import Staging
from jira_staging.tables import TABLES, ColumnType
from jira_staging.tables.arrow_types import arrow_field, arrow_schema

SITE = "https://example.atlassian.net"
SCOPE = "project:10000"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ONE_PM = NOON.replace(hour=13)
Record = Mapping[str, object]


def a_run(run_id: str = "run-1", site: str = SITE) -> Run:
    """A run that came from a shell."""
    return Run(run_id, site, NOON)


def a_state(scope: str = SCOPE, watermark: int | None = 1_714_564_800_000, *, entity: str = "issue") -> SyncState:
    """A scope that was read up to noon."""
    return SyncState(SITE, entity, scope, watermark, '{"entities": ["issue"]}')


def rows_of(
    table: str,
    *records: Record,
    owners: Sequence[int | str] | None = (),
    custom: Mapping[str, ColumnType] | None = None,
    only: Sequence[str] | None = None,
) -> Rows:
    """Rows of a table; what a record does not name is null. `custom` adds columns, `only` leaves out all others."""
    schema = arrow_schema(TABLES[table])
    for name, column_type in (custom or {}).items():
        schema = schema.append(arrow_field(name, column_type))
    data = pa.Table.from_pylist([dict(record) for record in records], schema=schema)
    return Rows(table, data.select(only) if only else data, owners)


def issue(issue_id: int, updated_at: datetime = NOON, **values: object) -> Record:
    """An issue of the project DEMO."""
    return {"id": issue_id, "key": f"DEMO-{issue_id}", "updated_at": updated_at, **values}


def label(issue_id: int, text: str) -> Record:
    """A row of `issue_label`, a membership table."""
    return {"issue_id": issue_id, "label": text}


def link(link_id: int, issue_id: int, related: int = 1) -> Record:
    """A row of `issue_link`, a table that marks what is gone."""
    return {"id": link_id, "issue_id": issue_id, "related_issue_id": related}


def publish(
    staging: Staging, *rows: Rows, run: Run | None = None, scope: str = SCOPE, keeps_newer: bool = True
) -> dict[str, tuple[int, ...]]:
    """Publish one batch under a new report: read, inserted, updated, unchanged and deleted rows by table."""
    report = Report(run or a_run())
    staging.publish(Batch(scope, rows, keeps_newer=keeps_newer), report)
    return counts(report)


def counts(report: Report) -> dict[str, tuple[int, ...]]:
    """Read, inserted, updated, unchanged and deleted rows by table."""
    return {
        entity: (tally.rows_read, tally.rows_inserted, tally.rows_updated, tally.rows_unchanged, tally.rows_deleted)
        for (entity, _), tally in report.tallies.items()
    }


def values(staging: Staging, table: str, *columns: str, **where: Sequence[int | str]) -> list[tuple[object, ...]]:
    """The stored rows in the order of the table's key."""
    found = staging.read(table, columns, where)
    return list(zip(*(found[column].to_pylist() for column in columns), strict=True))
