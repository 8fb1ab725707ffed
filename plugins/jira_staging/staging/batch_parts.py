"""A batch of several scopes: which of them each row belongs to, by its issue. The scopes go by their place in the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.records import Batch, Changes, Report
from jira_staging.staging.merging import issue_column
from jira_staging.staging.sessions import Session
from jira_staging.tables import TABLES, Table


@dataclass(frozen=True)
class BatchParts:
    """How many there are; `issues` (`issue_id`, `part`) are those of all but the first, `relation` is where they are staged."""

    count: int = 1
    issues: pa.Table | None = None
    relation: str | None = None

    @classmethod
    def staged(cls, session: Session, batch: Batch) -> "BatchParts":
        """The parts of this batch, brought in where there are several; before `begin`."""
        issues = issues_of(batch)
        relation = None if issues is None else session.stage("parts", issues)
        return cls(len(batch.shares), issues, relation)

    def of(self, table: Table) -> Sequence[int]:
        """The parts that rows of this table may belong to."""
        return range(self.count if issue_column(table) else 1)

    def counts(self, table: Table, data: pa.Table) -> dict[int, int]:
        """How many of a table's rows belong to each part; what belongs to no issue is the first one's."""
        counts = dict.fromkeys(self.of(table), 0)
        column = issue_column(table)
        if self.issues is None or column is None:
            return {0: data.num_rows}
        places = pc.index_in(data[column], self.issues["issue_id"].combine_chunks())
        for found in pc.fill_null(self.issues["part"].take(places), 0).value_counts().to_pylist():
            counts[found["values"]] = found["counts"]
        return counts


def issues_of(batch: Batch) -> pa.Table | None:
    """The issues that belong to another part than the first; None where the batch has one part."""
    if not batch.beside:
        return None
    # An issue that moved while it was looked for may be two scopes': it is counted once.
    part_of = {issue_id: part for part, share in enumerate(batch.beside, 1) for issue_id in share.issue_ids}
    return pa.table({"issue_id": pa.array(part_of, pa.int64()), "part": pa.array(part_of.values(), pa.int64())})


def swept_of(batch: Batch) -> pa.Table | None:
    """Scopes and ids that leave the stored sweeps with the batch; None where nothing does."""
    ids = [issue_id for share in batch.shares for issue_id in share.swept]
    scopes = [share.scope for share in batch.shares for _ in share.swept]
    return pa.table({"scope": pa.array(scopes, pa.string()), "issue_id": pa.array(ids, pa.int64())}) if ids else None


def count_rows(report: Report, batch: Batch, table: str, done: Mapping[int, tuple[int, Changes]]) -> None:
    """Count what was read of a table and became of it, by part; our own tables are not counted."""
    if TABLES[table].group != "own":
        for part, (read, changes) in done.items():
            report.tally(table, batch.shares[part].scope).add(read, changes)


def count_rejected(report: Report, batch: Batch) -> None:
    """Count the rejected rows of every scope."""
    for share in batch.shares:
        for row in share.rejected:
            report.tally(row.entity, share.scope).rows_rejected += 1
