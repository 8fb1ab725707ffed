"""How fast 100,000 issues get into a warehouse: our load beside others', and beside the warehouse's own bare bulk load.

`python tests/benchmarks/loading.py` prints a table; each row is a process of its own that loads the same Parquet file into a
table that does not exist yet. What is measured begins with the rows in memory (Arrow; pandas or tuples for those who take
these) and ends when they are committed, and in DuckDB's file instead of its log. dlt and pandas get virtual environments of
their own, made here.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROWS = 100_000
WAREHOUSES = ("duckdb", "postgres")
LOADERS = ("bare", "ours", "dlt", "pandas", "airflow")
WORDS = (
    "payment",
    "refund",
    "invoice",
    "customer",
    "login",
    "timeout",
    "retry",
    "queue",
    "export",
    "search",
    "filter",
    "board",
)


def invented(rows: int) -> Any:
    """Rows as the table `issue` has them: the system columns, half a KB of Markdown, and ten custom fields."""
    import pyarrow as pa

    from jira_staging.tables import TABLES
    from jira_staging.tables.arrow_types import arrow_field, arrow_schema

    rng = random.Random(20260928)
    begun = datetime(2024, 1, 1, tzinfo=UTC)
    texts = [" ".join(rng.choices(WORDS, k=80)) for _ in range(1_000)]
    values: dict[str, Callable[[int], Any]] = {
        "id": lambda n: 10_000 + n,
        "key": lambda n: f"PAY-{n}",
        "description": lambda n: f"{n} {rng.choice(texts)}",
        "summary": lambda n: " ".join(rng.choices(WORDS, k=8)),
    }
    by_type: dict[str, Callable[[int], Any]] = {
        "bigint": lambda n: rng.randrange(1_000_000) if n % 3 else None,
        "text": lambda n: f"5b10ac8d82e05b22cc7d{rng.randrange(1000):04}" if n % 4 else None,
        "timestamp": lambda n: begun + timedelta(seconds=37 * n),
        "date": lambda n: (begun + timedelta(days=n % 900)).date() if n % 5 else None,
        "double": lambda n: rng.random() * 100 if n % 3 else None,
        "json": lambda n: json.dumps([{"value": rng.choice(WORDS)}, n % 7]) if n % 3 else None,
    }
    custom = [("double", 3), ("text", 4), ("json", 2), ("timestamp", 1)]
    numbered = [kind for kind, count in custom for _ in range(count)]
    fields = [arrow_field(f"customfield_{10_001 + place}", kind) for place, kind in enumerate(numbered)]  # type: ignore[arg-type]
    schema = pa.schema([*arrow_schema(TABLES["issue"]), *fields])
    kinds = [column.type for column in TABLES["issue"].columns] + numbered
    arrays = [
        pa.array([values.get(field.name, by_type[kind])(n) for n in range(rows)], field.type)
        for field, kind in zip(schema, kinds, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


class Measured:
    """Seconds and CPU seconds of the block, and the most memory that the process ever had."""

    def __enter__(self) -> "Measured":
        self._wall, self._cpu = time.monotonic(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds, self.cpu = time.monotonic() - self._wall, time.process_time() - self._cpu
        self.peak = _peak()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def load(loader: str, warehouse: str, address: str, rows: Path) -> Measured:
    """Load the rows by one loader, in this process."""
    import pyarrow.parquet as pq

    data = pq.read_table(rows)
    return LOADS[loader](warehouse, address, data)


def ours(warehouse: str, address: str, data: Any) -> Measured:
    """`publish`: all that it does, comparing with what is there, comments, audit row and the transaction included."""
    from jira_staging.records import Batch, Report, Rows, Run

    staging = _our_staging(warehouse, address)
    report = Report(Run("benchmark", "https://example.atlassian.net", datetime.now(UTC)))
    staging.prepare(report.run)
    with Measured() as measured:
        staging.publish(Batch("project:1", (Rows("issue", data),)), report)
        # With it the run's end: DuckDB's checkpoint.
        staging.finish(report)
    assert report.tally("issue", "project:1").rows_inserted == data.num_rows
    return measured


def _our_staging(warehouse: str, address: str) -> Any:
    if warehouse == "duckdb":
        from jira_staging.staging.duckdb_staging import DuckDBStaging

        return DuckDBStaging(Path(address))
    import psycopg

    from jira_staging.staging.postgres_staging import PostgresStaging

    return PostgresStaging(lambda: psycopg.connect(address))


def bare(warehouse: str, address: str, data: Any) -> Measured:
    """The warehouse's own way, and nothing else: INSERT … SELECT or COPY of the same Arrow table."""
    staging = _our_staging(warehouse, address)
    from jira_staging.records import Run

    staging.prepare(Run("benchmark", "https://example.atlassian.net", datetime.now(UTC)))
    names = ", ".join(f'"{name}"' for name in data.column_names)
    new = [name for name in data.column_names if name.startswith("customfield")]
    return (_bare_duckdb if warehouse == "duckdb" else _bare_postgres)(address, data, names, new)


def _bare_duckdb(address: str, data: Any, names: str, new: list[str]) -> Measured:
    import duckdb

    from jira_staging.staging.arrow_rows import column_types
    from jira_staging.staging.duckdb_session import DIALECT

    types = column_types(data)
    with duckdb.connect(address) as connection:
        for name in new:
            connection.execute(f"ALTER TABLE jira.issue ADD COLUMN {name} {DIALECT.types[types[name]]}")
    with Measured() as measured, duckdb.connect(address) as connection:
        connection.register("rows", data)
        connection.execute(f"INSERT INTO jira.issue ({names}) SELECT {names} FROM rows")
    return measured


def _bare_postgres(address: str, data: Any, names: str, new: list[str]) -> Measured:
    import psycopg

    from jira_staging.staging.arrow_rows import column_types
    from jira_staging.staging.postgres_copying import copy_chunks
    from jira_staging.staging.postgres_session import DIALECT

    types = column_types(data)
    with psycopg.connect(address, autocommit=True) as connection:
        for name in new:
            connection.execute(f"ALTER TABLE jira.issue ADD COLUMN {name} {DIALECT.types[types[name]]}".encode())
        statement = f"COPY jira.issue ({names}) FROM STDIN".encode()
        with Measured() as measured, connection.cursor() as cursor, cursor.copy(statement) as copy:
            for chunk in copy_chunks(data):
                copy.write(chunk)
    return measured


def airflow(warehouse: str, address: str, data: Any) -> Measured:
    """The hooks' `insert_rows`, with its own commits; Postgres's own fast path for many rows."""
    rows = list(zip(*(column.to_pylist() for column in data.columns), strict=True))
    _create(warehouse, address, data)
    # The statements for many rows at once, which both have; without them a row is a statement.
    fast: dict[str, Any] = {"executemany": True}
    if warehouse == "duckdb":
        from airflow.providers.duckdb.hooks.duckdb import DuckDBHook

        os.environ["AIRFLOW_CONN_DUCKDB_DEFAULT"] = json.dumps({"conn_type": "duckdb", "host": address})
        hook: Any = DuckDBHook()
    else:
        import psycopg
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        os.environ["AIRFLOW_CONN_POSTGRES_DEFAULT"] = json.dumps({"conn_type": "postgres"})
        hook, fast = PostgresHook(), fast | {"fast_executemany": True}
        hook.get_conn = lambda: psycopg.connect(address)
    with Measured() as measured:
        hook.insert_rows("issue", rows, target_fields=data.column_names, commit_every=10_000, **fast)
    return measured


def _create(warehouse: str, address: str, data: Any) -> None:
    from jira_staging.staging.arrow_rows import column_types

    if warehouse == "duckdb":
        import duckdb

        from jira_staging.staging.duckdb_session import DIALECT as DUCKDB

        columns = ", ".join(f'"{name}" {DUCKDB.types[kind]}' for name, kind in column_types(data).items())
        with duckdb.connect(address) as connection:
            connection.execute(f"CREATE TABLE issue ({columns})")
        return
    import psycopg

    from jira_staging.staging.postgres_session import DIALECT

    columns = ", ".join(f'"{name}" {DIALECT.types[kind]}' for name, kind in column_types(data).items())
    with psycopg.connect(address, autocommit=True) as postgres:
        postgres.execute(f"CREATE TABLE issue ({columns})".encode())


def pandas(warehouse: str, address: str, data: Any) -> Measured:
    """`DataFrame.to_sql` through SQLAlchemy for Postgres; DuckDB's connection for DuckDB has no driver of SQLAlchemy here."""
    import sqlalchemy

    frame = data.to_pandas()
    url = f"duckdb:///{address}" if warehouse == "duckdb" else address.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = sqlalchemy.create_engine(url)
    with Measured() as measured:
        with engine.begin() as connection:
            frame.to_sql("issue", connection, index=False, chunksize=10_000)
        engine.dispose()
    return measured


def dlt(warehouse: str, address: str, data: Any) -> Measured:
    """dlt's loader given the Arrow table, which it hands on as files."""
    import dlt as library

    folder = tempfile.mkdtemp(prefix="dlt")
    # dlt insists on a host; libpq takes the last that it is told, which is the socket's folder.
    destination = getattr(library.destinations, warehouse)(credentials=address.replace("@/", "@localhost/"))
    pipeline = library.pipeline("benchmark", pipelines_dir=folder, destination=destination, dataset_name="jira")
    with Measured() as measured:
        info = pipeline.run(data, table_name="issue", write_disposition="append")
    info.raise_on_failed_jobs()
    return measured


LOADS: dict[str, Callable[[str, str, Any], Measured]] = {
    "bare": bare,
    "ours": ours,
    "dlt": dlt,
    "pandas": pandas,
    "airflow": airflow,
}


def compare(rows: int, loaders: list[str], warehouses: list[str], tries: int) -> None:
    """Print the table."""
    import pyarrow.parquet as pq

    from staging.postgres_server import PostgresServer

    folder = Path(tempfile.mkdtemp(prefix="loading"))
    pq.write_table(invented(rows), folder / "rows.parquet")
    pythons = {"dlt": _python_with(folder / "dlt", "dlt[duckdb,postgres]", "pyarrow")} if "dlt" in loaders else {}
    if "pandas" in loaders:
        pythons["pandas"] = _python_with(
            folder / "pandas", "pandas", "pyarrow", "sqlalchemy", "duckdb-engine", "psycopg[binary]", "setuptools"
        )
    print("| warehouse | loader | rows a second | times bare | CPU seconds | peak MB |\n|---|---|---|---|---|---|")
    with PostgresServer.started() if "postgres" in warehouses else nullcontext() as server:
        for warehouse in warehouses:
            best: dict[str, dict[str, float]] = {}
            # In turn, so that what else the machine does meets them all.
            for attempt in range(tries):
                for loader in loaders:
                    file = str(folder / f"{loader}{attempt}.db")
                    address = server.new_database() if server and warehouse == "postgres" else file
                    told = _measured(pythons.get(loader, sys.executable), loader, warehouse, address, folder / "rows.parquet")
                    print(f"{warehouse}, {loader}: {told['seconds']:.1f} seconds", file=sys.stderr, flush=True)
                    best[loader] = min(best.get(loader, told), told, key=lambda found: found["seconds"])
            for loader, row in best.items():
                times = f"{row['seconds'] / best['bare']['seconds']:.2f}" if "bare" in best else "-"
                speed = f"{rows / row['seconds']:,.0f} | {times} | {row['cpu']:.1f} | {row['peak']:.0f}"
                print(f"| {warehouse} | {loader} | {speed} |", flush=True)


def _measured(python: str | Path, loader: str, warehouse: str, address: str, rows: Path) -> dict[str, float]:
    words = [str(python), __file__, "--one", loader, warehouse, address, str(rows)]
    ended = subprocess.run(words, check=False, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{loader} on {warehouse} failed:\n{ended.stderr[-3000:]}")
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def _python_with(folder: Path, *packages: str) -> Path:
    """The interpreter of a new virtual environment that has these packages."""
    uv, python = [sys.executable, "-m", "uv"], folder / "bin" / "python"
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    subprocess.run([*uv, "pip", "install", "--quiet", "--python", python, *packages], check=True)
    return python


def main() -> None:
    """Compare all, or be one of those that are compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--loaders", default=",".join(LOADERS))
    parser.add_argument("--warehouses", default=",".join(WAREHOUSES))
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--one", nargs=4)
    options = parser.parse_args()
    if options.one:
        loader, warehouse, address, rows = options.one
        measured = load(loader, warehouse, address, Path(rows))
        print(json.dumps({"seconds": measured.seconds, "cpu": measured.cpu, "peak": measured.peak}))
    else:
        compare(options.rows, options.loaders.split(","), options.warehouses.split(","), options.tries)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "plugins")]
    main()
