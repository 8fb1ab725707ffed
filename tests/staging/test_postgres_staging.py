"""What is Postgres's own: keys and indexes, views that people build on, its errors."""

import re
import time
from collections.abc import Callable
from typing import Any, get_args

import psycopg
import pytest

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable
from jira_staging.records import Batch, FullLoad, LoadStrategy, Report
from jira_staging.staging.postgres_session import PostgresSession
from jira_staging.staging.postgres_staging import PostgresStaging
from jira_staging.tables import TABLES
from staging.invented_rows import (
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
from staging.warehouses import PostgresWarehouse


@pytest.fixture
def staging(postgres_staging: PostgresStaging) -> PostgresStaging:
    return postgres_staging


def test_every_table_has_its_key(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    rows = postgres.run(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum)) FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey::int2[]) "
        "WHERE i.indisprimary AND c.relnamespace = 'jira'::regnamespace GROUP BY c.relname"
    )
    assert {name: tuple(columns) for name, columns in rows} == {name: table.key for name, table in TABLES.items()}  # type: ignore[arg-type]


def test_every_comparison_by_owner_has_an_index(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    rows = postgres.run("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'jira'")
    indexed = {(table, re.sub(r'.*\("?(\w+)"?.*', r"\1", str(definition))) for table, definition in rows}
    owned = {(name, table.owner) for name, table in TABLES.items() if table.owner}
    assert owned - indexed == set()
    assert {("issue", "key"), ("issue", "project_id"), ("issue", "updated_at")} - indexed == set()


def test_tables_columns_and_views_say_what_they_are(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    tables = postgres.run(
        "SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = 'jira'::regnamespace AND relkind = 'r'"
    )
    assert dict(tables) == {name: table.meaning for name, table in TABLES.items()}  # type: ignore[arg-type]
    columns = postgres.run(
        "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute "
        "WHERE attrelid = 'jira.issue'::regclass AND attnum > 0 ORDER BY attnum"
    )
    assert columns == [(column.name, column.meaning) for column in TABLES["issue"].all_columns]


def test_preparing_again_writes_nothing(staging: PostgresStaging, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    execute = PostgresSession.execute

    def recorded(session: PostgresSession, sql: str, parameters: Any = None) -> None:
        ran.append(sql)
        execute(session, sql, parameters)

    monkeypatch.setattr(PostgresSession, "execute", recorded)
    staging.prepare(a_run("second"))
    assert ran == ["BEGIN", "SELECT pg_advisory_xact_lock(hashtext(%(schema)s))", "COMMIT"]


def test_nothing_staged_outlives_its_batch(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    publish(staging, rows_of("issue", issue(1)), rows_of("issue_label", label(1, "a"), owners=[1]))
    ours = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    deadline = time.monotonic() + 30
    while postgres.run(f"SELECT pid FROM pg_stat_activity WHERE {ours}") and time.monotonic() < deadline:
        time.sleep(0.05)  # the server drops what was temporary after the connection has gone
    assert postgres.run("SELECT relname FROM pg_class WHERE relpersistence = 't'") == []


def test_json_is_jsonb_and_times_have_a_zone(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    rows = rows_of("issue", issue(1, customfield_1='{"parent": "a"}'), custom={"customfield_1": "json"})
    publish(staging, rows)
    with psycopg.connect(postgres.uri) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        answer = connection.execute("SELECT customfield_1->>'parent', updated_at::text FROM jira.issue").fetchall()
    assert answer == [("a", "2024-05-01 12:00:00+00")]


def test_text_that_copy_gives_a_meaning_stays_text(staging: PostgresStaging) -> None:
    texts = ["\\N", "\\.", "a\n\\.\nb", "tab\there", "cr\r\nlf", "\\\\n", "\\", "", "%s %(x)s %%", None, "\x01\x7f\u2028"]
    rows = rows_of("issue", *(issue(number, summary=text) for number, text in enumerate(texts)))
    publish(staging, rows)
    assert [text for (text,) in values(staging, "issue", "summary")] == texts
    assert publish(staging, rows) == {"issue": (len(texts), 0, 0, len(texts), 0)}


def test_more_rows_than_one_chunk_of_copy(staging: PostgresStaging) -> None:
    rows = rows_of("issue", *(issue(number, summary=f"{number}\t") for number in range(9_000)))
    assert publish(staging, rows) == {"issue": (9_000, 9_000, 0, 0, 0)}
    assert values(staging, "issue", "id", "summary", id=[0, 4095, 4096, 8999]) == [
        (0, "0\t"),
        (4095, "4095\t"),
        (4096, "4096\t"),
        (8999, "8999\t"),
    ]


def test_many_new_rows_are_written_once_and_children_of_an_older_issue_not_at_all(
    staging: PostgresStaging, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged: list[str] = []
    stage = PostgresSession.stage

    def recorded(session: PostgresSession, name: str, data: Any) -> str:
        staged.append(f"{name} {data.num_columns}")
        return stage(session, name, data)

    monkeypatch.setattr(PostgresSession, "stage", recorded)
    links = [link(number, 1) for number in range(2_000)]
    first = [rows_of("issue", issue(1, ONE_PM)), rows_of("issue_link", *reversed(links), owners=[1])]
    assert publish(staging, *first)["issue_link"] == (2_000, 2_000, 0, 0, 0)
    # The keys only; the next time all of them, after the answer that some are known.
    assert "rows_issue_link 2" in staged
    assert not [name for name in staged if name.startswith("whole")]
    assert publish(staging, *first)["issue_link"] == (2_000, 0, 0, 2_000, 0)
    assert [name.split()[0] for name in staged if name.startswith("whole")] == ["whole_issue_link"]

    older = [rows_of("issue", issue(1)), rows_of("issue_link", *(link(n, 1) for n in range(5_000, 7_000)), owners=[1])]
    assert publish(staging, *older)["issue_link"] == (2_000, 0, 0, 2_000, 0)
    assert [number for (number,) in values(staging, "issue_link", "id")] == list(range(2_000))


def test_renamed_fields_keep_the_views_grants_and_the_views_on_it(
    staging: PostgresStaging, postgres: PostgresWarehouse
) -> None:
    postgres.run("CREATE ROLE analyst" if not postgres.run("SELECT 1 FROM pg_roles WHERE rolname = 'analyst'") else "SELECT 1")
    custom = {"customfield_1": "text", "customfield_2": "text"}
    publish(staging, rows_of("issue", issue(1, customfield_1="x", customfield_2="y"), custom=custom))  # type: ignore[arg-type]
    staging.create_issue_named({"id": "Issue", "customfield_1": "Team", "customfield_2": "100 % Größe"})
    postgres.run("GRANT SELECT ON jira.issue_named TO analyst")
    postgres.run('CREATE VIEW public.teams AS SELECT "Issue", "Team" FROM jira.issue_named')
    # The two exchange their names, and a third field appears.
    publish(staging, rows_of("issue", issue(1, customfield_3="z"), custom={"customfield_3": "text"}))
    staging.create_issue_named({"id": "Issue", "customfield_1": "100 % Größe", "customfield_2": "Team", "customfield_3": "New"})
    assert postgres.run('SELECT "100 % Größe", "Team", "New" FROM jira.issue_named') == [("x", "y", "z")]
    assert postgres.run('SELECT "Issue", "Team" FROM public.teams') == [(1, "x")]
    assert postgres.run("SELECT has_table_privilege('analyst', 'jira.issue_named', 'SELECT')") == [(True,)]


def _refusal(attempt: Callable[[], object]) -> StagingError:
    with pytest.raises(StagingError) as refusal:
        attempt()
    # Postgres's own error would be printed with it, and may quote a row.
    assert refusal.value.__context__ is None or refusal.value.__suppress_context__
    return refusal.value


def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    staging = PostgresStaging(lambda: psycopg.connect("host=127.0.0.1 port=1 dbname=x"), place="db x at 127.0.0.1")
    refusal = _refusal(lambda: staging.prepare(a_run()))
    assert isinstance(refusal, StagingUnavailable)
    assert str(refusal).startswith("db x at 127.0.0.1 gave no answer: connection failed")


def test_a_database_that_is_not_there_is_refused(postgres: PostgresWarehouse) -> None:
    staging = PostgresStaging(lambda: psycopg.connect(postgres.uri, dbname="nowhere"), place="db nowhere")
    refusal = _refusal(lambda: staging.prepare(a_run()))
    assert isinstance(refusal, StagingRefused)
    assert "db nowhere does not let us in" in str(refusal)
    assert 'database "nowhere" does not exist' in str(refusal)


def test_what_the_user_may_not_do_is_refused(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    postgres.run("DROP ROLE IF EXISTS guest")
    postgres.run("CREATE ROLE guest LOGIN")
    guest = PostgresStaging(lambda: psycopg.connect(postgres.uri, user="guest"), place="here")
    for attempt in (lambda: publish(guest, rows_of("issue", issue(1))), lambda: guest.read("issue", ["id"])):
        refusal = _refusal(attempt)
        assert isinstance(refusal, StagingRefused)
        assert "Postgres does not let us do this in here: permission denied for schema jira" in str(refusal)
    other = PostgresStaging(lambda: psycopg.connect(postgres.uri, user="guest"), "mine", place="here")
    assert "permission denied for database" in str(_refusal(lambda: other.prepare(a_run())))
    # Who owns a schema needs no right to make one.
    postgres.run("CREATE SCHEMA mine AUTHORIZATION guest")
    other.prepare(a_run())
    postgres.run("DROP OWNED BY guest")


def test_a_server_that_only_reads_is_refused(postgres: PostgresWarehouse) -> None:
    options = "-c default_transaction_read_only=on"
    staging = PostgresStaging(lambda: psycopg.connect(postgres.uri, options=options), place="the replica")
    refusal = _refusal(lambda: staging.prepare(a_run()))
    assert isinstance(refusal, StagingRefused)
    assert "read-only transaction" in str(refusal)


def test_a_database_without_unicode_is_refused(postgres: PostgresWarehouse) -> None:
    name = postgres.uri.partition("?")[0].rpartition("/")[2] + "_latin"
    with psycopg.connect(postgres.uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0".encode())
    staging = PostgresStaging(lambda: psycopg.connect(postgres.uri, dbname=name), place="the old database")
    assert "the old database keeps its text as LATIN1" in str(_refusal(lambda: staging.prepare(a_run())))


def test_more_columns_than_a_table_may_have_are_refused(staging: PostgresStaging) -> None:
    custom = {f"customfield_{number}": "text" for number in range(1_600)}
    refusal = _refusal(lambda: publish(staging, rows_of("issue", issue(1), custom=custom)))  # type: ignore[arg-type]
    assert isinstance(refusal, StagingRefused)
    assert "tables can have at most 1600 columns" in str(refusal)
    assert "exclude_fields" in str(refusal)


def test_a_row_with_more_values_than_fit_is_refused(staging: PostgresStaging) -> None:
    custom = {f"customfield_{number}": "bigint" for number in range(1_200)}
    refusal = _refusal(lambda: publish(staging, rows_of("issue", issue(1, **dict.fromkeys(custom, 2**60)), custom=custom)))  # type: ignore[arg-type]
    assert "row is too big" in str(refusal)
    assert "exclude_fields" in str(refusal)


def test_a_value_that_does_not_fit_is_not_quoted(staging: PostgresStaging) -> None:
    rows = rows_of("issue", issue(1, customfield_1='{"salary": oops}'), custom={"customfield_1": "json"})
    refusal = _refusal(lambda: publish(staging, rows))
    assert isinstance(refusal, StagingRefused)
    assert "SQLSTATE 22P02" in str(refusal)
    assert "salary" not in str(refusal)


def test_a_name_that_postgres_would_cut_off_is_refused(postgres: PostgresWarehouse) -> None:
    refusal = _refusal(lambda: postgres.staging("s" * 64).prepare(a_run()))
    assert "too long for a name in this database: at most 63 bytes" in str(refusal)


@pytest.mark.parametrize("moment", ["CREATE TEMPORARY", "BEGIN", "INSERT INTO", "COMMIT"])
def test_a_connection_that_breaks_leaves_whole_batches_and_may_be_tried_again(
    staging: PostgresStaging, postgres: PostgresWarehouse, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging.store_sweep(SCOPE, [1, 2], 5, a_state(entity="_sync_sweep"))
    batch = Batch(
        SCOPE,
        (rows_of("issue", issue(1), issue(2)), rows_of("issue_label", label(1, "a"), owners=[1, 2])),
        swept=[1, 2],
        states=(a_state(watermark=7),),
    )
    broken: list[str] = []

    def breaking(method: Any) -> Any:
        def run(session: PostgresSession, sql: str, *given: Any) -> Any:
            if moment in sql and not broken:
                broken.append(sql)
                postgres.run(f"SELECT pg_terminate_backend({session.connection.info.backend_pid})")
            return method(session, sql, *given)

        return run

    for name in ("execute", "fetch"):
        monkeypatch.setattr(PostgresSession, name, breaking(getattr(PostgresSession, name)))
    report = Report(a_run())
    refusal = _refusal(lambda: staging.publish(batch, report))
    assert isinstance(refusal, StagingUnavailable)
    assert broken
    assert counts(report) == {}
    assert values(staging, "issue", "id") == []
    assert values(staging, "_sync_sweep", "issue_id") == [(1,), (2,)]
    staging.publish(batch, report)
    assert counts(report)["issue"] == (2, 2, 0, 0, 0)
    assert values(staging, "_sync_sweep", "issue_id") == []
    assert values(staging, "_sync_state", "watermark", entity=["issue"]) == [(7,)]


@pytest.mark.parametrize("strategy", get_args(LoadStrategy))
def test_grants_and_views_outlive_every_strategy(
    staging: PostgresStaging, postgres: PostgresWarehouse, strategy: LoadStrategy
) -> None:
    postgres.run("DROP ROLE IF EXISTS reader")
    postgres.run("CREATE ROLE reader")
    postgres.run("GRANT SELECT ON jira.issue TO reader")
    postgres.run("CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) FROM jira.issue")
    before = postgres.run("SELECT 'jira.issue'::regclass::oid::int")
    report, batch = Report(a_run()), Batch(SCOPE, (rows_of("issue", issue(1)),))
    if strategy == "merge":
        staging.publish(batch, report)
    else:
        staging.aside(["issue"]).publish(batch, report)
        staging.take_over(FullLoad(strategy, ("issue",), ()), report)
    assert postgres.run("SELECT 'jira.issue'::regclass::oid::int") == before
    assert postgres.run("SELECT has_table_privilege('reader', 'jira.issue', 'SELECT')") == [(True,)]
    postgres.run("REFRESH MATERIALIZED VIEW public.counted")
    assert postgres.run("SELECT * FROM public.counted") == [(1,)]
    postgres.run("DROP OWNED BY reader")


def test_a_reader_never_sees_an_empty_table(
    staging: PostgresStaging, postgres: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(staging, rows_of("issue", issue(1, summary="before")))
    report = Report(a_run())
    staging.aside(["issue"]).publish(Batch(SCOPE, (rows_of("issue", issue(2)),)), report)
    seen: list[object] = []
    execute = PostgresSession.execute

    def read_before_each(session: PostgresSession, sql: str, parameters: Any = None) -> None:
        # A reader waits for nobody, at any statement: fails after a second if it must.
        with psycopg.connect(postgres.uri, options="-c statement_timeout=1000") as connection:
            seen.append(connection.execute("SELECT id, summary FROM jira.issue").fetchall())
        execute(session, sql, parameters)

    monkeypatch.setattr(PostgresSession, "execute", read_before_each)
    staging.take_over(FullLoad("replace", ("issue",), ()), report)
    assert seen[0] == [(1, "before")]
    assert seen[-1] == [(2, None)]
    assert all(rows in ([(1, "before")], [(2, None)]) for rows in seen)


def test_an_appended_tables_key_has_the_run(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    for run_id in ("first", "second"):
        report = Report(a_run(run_id))
        staging.aside(["issue"]).publish(Batch(SCOPE, (rows_of("issue", issue(1)),)), report)
        staging.take_over(FullLoad("append", ("issue",), ()), report)
    assert postgres.run(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'jira.issue'::regclass AND contype = 'p'"
    ) == [("PRIMARY KEY (id, _run_id)",)]
    staging.prepare(a_run("third"))
