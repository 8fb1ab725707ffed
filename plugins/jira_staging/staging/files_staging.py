"""Staging tables as Parquet files, in a folder or an object store: what a run read, for a warehouse to load and merge.

`<schema>/data/<table>/run=<id>/<n>.parquet` holds rows, `<schema>/owners/<table>/run=<id>/<n>.parquet` whose rows are all
there, so that what a warehouse has beyond them is gone. The run's manifest comes last. A run that was killed has none: its
files count for nothing, and the next run begins where the last manifest says.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable
from jira_staging.records import Batch, Changes, FullLoad, Gone, Report, Rows, Run, SyncState
from jira_staging.staging.arrow_rows import column_types, loadable
from jira_staging.staging.batch_parts import BatchParts, count_rejected, count_rows, issues_of
from jira_staging.staging.erased_people import People, erased_in
from jira_staging.staging.files_manifest import Folder, Manifest, TableFiles, folder_name, inside, manifests
from jira_staging.staging.inspecting import Inspection
from jira_staging.staging.overwriting import Departed
from jira_staging.staging.own_rows import counts_kept_on_failure, rejected_rows, run_rows, scope_issue_rows
from jira_staging.staging.people_in_rows import batch_without_people
from jira_staging.staging.personal_data import PersonalDataGuard
from jira_staging.staging.scope_locks import ScopeLocks
from jira_staging.staging.views import Spelling, View
from jira_staging.tables import TABLES, ColumnType
from jira_staging.tables.arrow_types import arrow_schema, columns_schema

# Rows that travel from manifest to manifest, since every run needs them at its beginning.
_CARRIED = ("_sync_state", "field_column")


class FilesStaging:
    """A folder of Parquet files for each schema. `root` is a `Path`, or an `ObjectStoragePath` of Airflow's."""

    longest_name = 255

    def __init__(self, root: Folder, schema: str = "jira") -> None:
        self.schema = schema
        self._root = root
        self._is_local = type(root).__module__.startswith("pathlib")
        self._folder: Folder = root / folder_name(schema)
        self.guard: PersonalDataGuard | None = None
        self.people = People()
        self._run: Run | None = None
        self._manifest = Manifest("", "", "")
        self._before: list[Manifest] = []
        self._written = 0

    def prepare(self, run: Run) -> None:
        """Read where the last run ended. Refuses a folder that holds another site's rows."""
        try:
            self._before = list(manifests(self._folder))
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refused(self._folder, error) from error
        last = self._before[-1] if self._before else None
        if last is not None and last.site != run.site:
            raise StagingRefused(
                f"{self._folder} holds rows of {last.site}, not of {run.site}. "
                "One schema holds one site: choose another schema for this one."
            )
        self._run, self._written = run, 0
        self._manifest = Manifest(run.run_id, run.site, run.started_at.isoformat())
        if last is not None:
            self._manifest.state = {name: list(rows) for name, rows in last.state.items()}

    def working(self) -> AbstractContextManager[None]:
        """Nothing stays open."""
        return nullcontext()

    def locked(self, scopes: Iterable[str], wait_seconds: float) -> AbstractContextManager[None]:
        """Hold scopes by lock files beside a folder. An object store has no locks: two runs at once read some things twice."""
        if self._is_local:
            self._root.mkdir(parents=True, exist_ok=True)
            return ScopeLocks(Path(str(self._folder)), self.schema).held(scopes, wait_seconds)
        return nullcontext()

    def columns(self, table: str) -> dict[str, ColumnType]:
        """The table's columns; of `issue` also those that earlier runs gave to custom fields."""
        columns = {column.name: column.type for column in TABLES[table].all_columns}
        if table == "issue":
            columns |= {row["column_name"]: row["value_type"] for row in self._manifest.state.get("field_column", ())}
        return columns

    def read(
        self,
        table: str,
        columns: Sequence[str],
        where: Mapping[str, Sequence[int | str]] | None = None,
        *,
        newest_by: str | None = None,
        limit: int | None = None,
    ) -> pa.Table:
        """Rows as the manifests and this run have them, the last row of a key, in the order of the key or newest first."""
        rows = self._carried(table) if table in _CARRIED else self._stored(table, {*columns, *(where or {})})
        for column, values in (where or {}).items():
            rows = rows.filter(pc.is_in(rows[column], pa.array(values, rows[column].type)))
        order = [(newest_by, "descending")] if newest_by else [(key, "ascending") for key in TABLES[table].key]
        return rows.sort_by(order).slice(0, limit).select(list(columns))

    def answer(self, sql: str) -> list[tuple[object, ...]]:
        """Refused: files answer no queries."""
        del sql
        self._needs_tables("Queries are asked of tables and views")

    def store_sweep(self, scope: str, ids: Sequence[int] | pa.Array, sweep_started: int, state: SyncState) -> None:
        """Nothing is stored: a run that is killed has no manifest, so the next one sweeps anew."""

    def publish(self, batch: Batch, report: Report) -> None:
        """Write the batch's rows into files that count once the run's manifest names them."""
        self.people.erase(erased for rows in batch.rows if rows.table == "user" for erased in erased_in(rows.data))
        batch = batch_without_people(batch, self.people)
        batch = self.guard.guarded(batch) if self.guard else batch
        now, parts = datetime.now(UTC), BatchParts(len(batch.shares), issues_of(batch))
        own = [rejected_rows(batch.all_rejected, report.run.run_id, now)]
        if batch.scope.startswith("jql:"):
            own += [scope_issue_rows(batch.scope, rows.data["id"]) for rows in batch.rows if rows.table == "issue"]
        with counts_kept_on_failure(report):
            for rows in (*batch.rows, *own):
                if rows.data.num_rows or rows.owners is None or rows.owners:
                    self._write(rows, report.run.run_id, now)
                    counts = parts.counts(TABLES[rows.table], rows.data)
                    count_rows(report, batch, rows.table, {part: (n, Changes(inserted=n)) for part, n in counts.items()})
        count_rejected(report, batch)
        for state in batch.states:
            report.tally(state.entity, state.scope).watermark_to = state.watermark
            if state.watermark is not None:
                self._manifest.watermarks[state.scope] = state.watermark
            self._carry("_sync_state", [asdict(state)])

    def finish(self, report: Report) -> None:
        """Write the run's rows, and the manifest: only for a run that succeeded."""
        if any(tally.status == "failed" for tally in report.tallies.values()):
            return
        now = datetime.now(UTC)
        self._write(run_rows(report.run, report.tallies.values()), report.run.run_id, now)
        try:
            self._manifest.write(self._folder, now)
        except OSError as error:
            raise _unavailable(self._folder, error) from error

    def overwrite(self, departed: Departed, report: Report, *, only_count: bool = False) -> dict[str, int]:
        """Refused: files are only ever added."""
        del departed, report, only_count
        self._needs_tables("Only tables can be overwritten: remove the files, or the people where files are loaded into tables")

    def mark_gone(self, scope: str, gone: Sequence[Gone], report: Report) -> None:  # noqa: ARG002
        """Refused: which rows are gone is for the warehouse that loads the files to find."""
        self._needs_tables("A census compares with tables")

    def inspect(self, tables: Sequence[str]) -> Inspection | None:  # noqa: ARG002
        """Nothing is known: files hold what changed, and not what there is."""
        return None

    def aside(self, tables: Sequence[str]) -> "FilesStaging":  # noqa: ARG002
        """Refused: files are only ever added."""
        self._needs_tables("Only `merge` writes files; `full` reads everything again")

    def take_over(self, load: FullLoad, report: Report) -> list[str]:  # noqa: ARG002
        """Refused, as `aside` is."""
        self._needs_tables("Only `merge` writes files; `full` reads everything again")

    @property
    def spelling(self) -> None:
        """Files have no views."""
        return None

    def keep_views(self, spelling: Spelling, views: Sequence[View]) -> None:
        """Refused: files have no views."""
        del spelling, views
        self._needs_tables("Views are made of tables")

    def create_issue_named(self, columns: Mapping[str, str]) -> None:
        """Files have no views: the manifest says which name each column has."""
        self._manifest.names = dict(columns)

    def _needs_tables(self, why: str) -> NoReturn:
        raise StagingRefused(f"{why}, and {self._folder} holds files. Use a database as destination for this.")

    def _write(self, rows: Rows, run_id: str, now: datetime) -> None:
        table = TABLES[rows.table]
        data = loadable(rows)
        types = column_types(data)
        values = {"_synced_at": now, "_run_id": run_id}
        for column in table.house_columns:
            kind = columns_schema((column,)).field(0)
            data = data.append_column(kind, pa.repeat(pa.scalar(values.get(column.name), kind.type), data.num_rows))
            types[column.name] = column.type
        if rows.table == "field_column":
            self._carry(rows.table, rows.data.to_pylist())
        owners = [None] if rows.owners is None else [str(owner) for owner in rows.owners]
        told = self._manifest.tables.setdefault(rows.table, TableFiles())
        self._written += 1
        place = f"{rows.table}/run={run_id}/{self._written:05}.parquet"
        told.files.append(self._file(f"data/{place}", data))
        told.owners.append(self._file(f"owners/{place}", pa.table({"owner": pa.array(owners, pa.string())})))
        told.rows += data.num_rows
        told.columns |= types

    def _file(self, place: str, data: pa.Table) -> str:
        *folders, name = place.split("/")
        folder = inside(self._folder, "/".join(folders))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / name).open("wb") as file:
                pq.write_table(data, file, compression="zstd")
        except OSError as error:
            raise _unavailable(self._folder, error) from error
        return place

    def _carry(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        key = TABLES[table].key
        kept = {tuple(row[name] for name in key): row for row in (*self._manifest.state.get(table, ()), *rows)}
        self._manifest.state[table] = [dict(row) for row in kept.values()]

    def _carried(self, table: str) -> pa.Table:
        return pa.Table.from_pylist(self._manifest.state.get(table, []), schema=arrow_schema(TABLES[table]))

    def _stored(self, table: str, columns: Iterable[str]) -> pa.Table:
        """These columns of the last row of each key."""
        needed = columns_schema(tuple(TABLES[table].column(name) for name in dict.fromkeys((*TABLES[table].key, *columns))))
        written = (manifest.tables.get(table, TableFiles()) for manifest in (*self._before, self._manifest))
        parts = [self._read_file(place, needed) for told in written for place in told.files]
        return _last(table, pa.concat_tables([needed.empty_table(), *parts]))

    def _read_file(self, place: str, needed: pa.Schema) -> pa.Table:
        path = inside(self._folder, place)
        try:
            with path.open("rb") as file:
                found = pq.read_table(file, columns=needed.names)
        except OSError as error:
            raise _refused(path, error) from error
        lacking = [field for field in needed if field.name not in found.column_names]
        for field in lacking:
            found = found.append_column(field, pa.nulls(found.num_rows, field.type))
        return found.select(needed.names).cast(needed)


def _last(table: str, rows: pa.Table) -> pa.Table:
    """The last of the rows of each key."""
    keys = list(TABLES[table].key)
    numbered = rows.append_column("_row", pa.array(range(rows.num_rows), pa.int64()))
    last = numbered.group_by(keys).aggregate([("_row", "max")])["_row_max"]
    return rows.take(last)


def _refused(place: object, error: OSError) -> StagingError:
    return StagingRefused(f"The files at {place} cannot be used ({error.strerror or type(error).__name__}).")


def _unavailable(place: object, error: OSError) -> StagingError:
    return StagingUnavailable(
        f"Files could not be written to {place} ({error.strerror or type(error).__name__}). Look at its room and rights."
    )
