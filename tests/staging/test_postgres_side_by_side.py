"""Runs and readers side by side on one Postgres schema: who waits for whom, and what either sees."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread, Timer
from typing import Any

import psycopg
import pytest

from jira_staging.errors import StagingUnavailable
from jira_staging.records import Batch, Report
from jira_staging.staging import WHOLE_SCHEMA, postgres_new_rows
from jira_staging.staging.postgres_session import PostgresSession
from jira_staging.staging.postgres_staging import PostgresStaging
from jira_staging.tables import TABLES
from staging.invented_rows import (
    NOON,
    ONE_PM,
    SCOPE,
    a_run,
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


@contextmanager
def _open(postgres: PostgresWarehouse, *statements: str) -> "Iterator[psycopg.Connection[Any]]":
    """Somebody else's transaction."""
    with psycopg.connect(postgres.uri) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


def _side_by_side(*work: Callable[[], object]) -> None:
    """Begin all of this at the same moment; raises what any of it raised."""
    failures: list[BaseException] = []
    barrier = Barrier(len(work))

    def begin(one: Callable[[], object]) -> None:
        barrier.wait()
        try:
            one()
        except BaseException as failure:  # noqa: BLE001  raised again below
            failures.append(failure)

    threads = [Thread(target=begin, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def test_two_first_runs_prepare_one_schema(postgres: PostgresWarehouse) -> None:
    _side_by_side(*(lambda: postgres.staging().prepare(a_run()) for _ in range(3)))
    assert set(postgres.staging().columns("issue")) == {column.name for column in TABLES["issue"].all_columns}


def test_scopes_that_see_the_same_people_and_fields_load_side_by_side(
    staging: PostgresStaging, postgres: PostgresWarehouse
) -> None:
    def load(first: int) -> None:
        mine = postgres.staging()
        for batch in range(8):
            # Each batch has new people that the other scope meets, too, in the opposite order; and a new field.
            people = [{"id": f"p{number}", "name": "Ann"} for number in range(batch * 20, batch * 20 + 20)]
            ids = range(first + batch * 50, first + batch * 50 + 50)
            field = f"customfield_{batch}"
            publish(
                mine,
                rows_of("user", *(people if first else reversed(people))),
                rows_of("issue", *(issue(number, **{field: "x"}) for number in ids), custom={field: "text"}),
                scope=f"project:{first}",
            )

    _side_by_side(lambda: load(0), lambda: load(10_000), lambda: load(20_000))
    assert len(values(staging, "user", "id")) == 160
    assert len(values(staging, "issue", "id")) == 1_200
    assert {f"customfield_{number}" for number in range(8)} < set(staging.columns("issue"))


@pytest.fixture(params=["merged", "copied_if_new"])
def writing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How few rows are written, and how many: at once, or after asking which are new, and again if that is no longer true."""
    if request.param == "copied_if_new":
        monkeypatch.setattr(postgres_new_rows, "WORTH_ASKING", 1)
    return str(request.param)


@pytest.mark.usefixtures("writing")
@pytest.mark.parametrize("newer_first", [True, False])
def test_an_issue_that_two_scopes_bring_at_once_is_whole_and_the_newest(
    staging: PostgresStaging, postgres: PostgresWarehouse, newer_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch has written the issue and waits before its commit; the other comes in the middle."""
    versions = [(ONE_PM, "new"), (NOON, "old")] if newer_first else [(NOON, "old"), (ONE_PM, "new")]
    second: list[Thread] = []

    def load(version: Any) -> None:
        moment, word = version
        rows = rows_of("issue", issue(1, moment, summary=word))
        publish(postgres.staging(), rows, rows_of("issue_label", label(1, word), owners=[1]), scope=f"project:{word}")

    execute = PostgresSession.execute

    def with_the_other_in_between(session: PostgresSession, sql: str, parameters: Any = None) -> None:
        if sql == "COMMIT" and not second:
            second.append(Thread(target=load, args=(versions[1],)))
            second[0].start()
            time.sleep(0.5)
        execute(session, sql, parameters)

    monkeypatch.setattr(PostgresSession, "execute", with_the_other_in_between)
    load(versions[0])
    second[0].join()
    assert values(staging, "issue", "id", "summary") == [(1, "new")]
    assert values(staging, "issue_label", "issue_id", "label") == [(1, "new")]


@pytest.mark.usefixtures("writing")
def test_a_person_whom_two_scopes_meet_at_once_keeps_what_either_knows(
    staging: PostgresStaging, postgres: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    second: list[Thread] = []
    execute = PostgresSession.execute

    def with_the_other_in_between(session: PostgresSession, sql: str, parameters: Any = None) -> None:
        if sql == "COMMIT" and not second:
            sighted = rows_of("user", {"id": "a", "name": "Ann"})
            second.append(Thread(target=lambda: publish(postgres.staging(), sighted, scope="project:2")))
            second[0].start()
            time.sleep(0.5)
        execute(session, sql, parameters)

    monkeypatch.setattr(PostgresSession, "execute", with_the_other_in_between)
    publish(staging, rows_of("user", {"id": "a", "email": "a@example.com"}))
    second[0].join()
    assert values(staging, "user", "id", "name", "email") == [("a", "Ann", "a@example.com")]


def test_a_reader_sees_the_last_whole_batch_while_the_next_is_written(
    staging: PostgresStaging, postgres: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(staging, rows_of("issue", issue(1, summary="before")))
    seen: list[object] = []
    execute = PostgresSession.execute

    def read_before_commit(session: PostgresSession, sql: str, parameters: Any = None) -> None:
        if sql == "COMMIT":
            seen.extend(postgres.run("SELECT id, summary FROM jira.issue ORDER BY id"))
        execute(session, sql, parameters)

    monkeypatch.setattr(PostgresSession, "execute", read_before_commit)
    publish(staging, rows_of("issue", issue(1, summary="after"), issue(2)))
    assert seen == [(1, "before")]


def test_a_new_field_gives_way_to_a_long_query_and_does_not_block_others(
    staging: PostgresStaging, postgres: PostgresWarehouse
) -> None:
    grown = rows_of("issue", issue(1, customfield_1="x"), custom={"customfield_1": "text"})
    with _open(postgres, "SELECT count(*) FROM jira.issue") as reader:
        Timer(2.5, reader.rollback).start()
        writer = Thread(target=lambda: publish(staging, grown))
        writer.start()
        time.sleep(0.3)
        slowest = 0.0
        while writer.is_alive():
            began = time.monotonic()
            postgres.run("SELECT count(*) FROM jira.issue")
            slowest = max(slowest, time.monotonic() - began)
        writer.join()
    assert values(staging, "issue", "customfield_1") == [("x",)]
    assert slowest < 2.2


def test_a_new_field_that_never_finds_its_moment_says_what_is_locked(postgres: PostgresWarehouse) -> None:
    staging = PostgresStaging(lambda: psycopg.connect(postgres.uri), place="here", wait_seconds=0.5)
    staging.prepare(a_run())
    grown = rows_of("issue", issue(1, customfield_1="x"), custom={"customfield_1": "text"})
    with (
        _open(postgres, "SELECT count(*) FROM jira.issue"),
        pytest.raises(StagingUnavailable, match="Something in here is locked by another session"),
    ):
        publish(staging, grown)


def test_a_batch_that_loses_a_deadlock_is_written_again(
    staging: PostgresStaging, postgres: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(staging, rows_of("issue", issue(1, summary="a")), rows_of("issue_link", link(1, 1)))
    others: list[Thread] = []
    fetch, report = PostgresSession.fetch, Report(a_run())

    def against_the_order(session: PostgresSession, sql: str, parameters: Any = None) -> list[tuple[object, ...]]:
        if 'INTO "jira"."issue_link"' in sql and not others:
            # Has locked the link, and now wants the issue, which we have.
            session.connection.execute("SET deadlock_timeout = '20ms'")
            stranger = psycopg.connect(postgres.uri)
            stranger.execute("SET deadlock_timeout = '20s'")
            stranger.execute("UPDATE jira.issue_link SET relationship = 'theirs'")
            others.append(Thread(target=lambda: (stranger.execute("UPDATE jira.issue SET votes = 7"), stranger.close())))
            others[0].start()
            time.sleep(0.3)
        return fetch(session, sql, parameters)

    monkeypatch.setattr(PostgresSession, "fetch", against_the_order)
    staging.publish(
        Batch(SCOPE, (rows_of("issue", issue(1, summary="b")), rows_of("issue_link", link(1, 1, related=9)))), report
    )
    others[0].join()
    assert counts(report) == {"issue": (1, 0, 1, 0, 0), "issue_link": (1, 0, 1, 0, 0)}
    assert values(staging, "issue", "summary") == [("b",)]
    assert values(staging, "issue_link", "related_issue_id") == [(9,)]


def test_the_same_scope_is_refused_after_the_bound_naming_its_holder(
    staging: PostgresStaging, postgres: PostgresWarehouse
) -> None:
    with staging.locked(["project:2", SCOPE], 0):
        began = time.monotonic()
        with pytest.raises(StagingUnavailable) as refusal, postgres.staging().locked(["project:0", SCOPE], 0.3):
            pass
        assert 0.3 <= time.monotonic() - began < 3
    assert re.fullmatch(
        rf"The scope {SCOPE} of schema jira in the test database is being loaded by jira-staging process \d+ on \S+ as "
        r"postgres \(pid \d+\) since \d{4}-\d\d-\d\dT\S+\. Wait for that run to end, or stop it; its lock ends with its "
        r"connection\.",
        str(refusal.value),
    )
    assert refusal.value.retry
    with postgres.staging().locked(["project:0", SCOPE], 0):
        pass


def test_different_scopes_schemas_and_databases_are_held_side_by_side(
    staging: PostgresStaging, postgres: PostgresWarehouse
) -> None:
    with staging.locked([SCOPE], 0), postgres.staging().locked(["project:2"], 0), postgres.staging("other").locked([SCOPE], 0):
        rows = postgres.run("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert rows == [(6,)]


def test_the_same_scope_waits_within_the_bound(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    holding = staging.locked([SCOPE], 0)
    holding.__enter__()
    release = Timer(0.4, holding.__exit__, [None, None, None])
    release.start()
    with postgres.staging().locked([SCOPE], 10):
        release.join()


@pytest.mark.parametrize(("held", "asked"), [(SCOPE, WHOLE_SCHEMA), (WHOLE_SCHEMA, SCOPE), (WHOLE_SCHEMA, WHOLE_SCHEMA)])
def test_a_full_load_has_the_schema_for_itself(
    staging: PostgresStaging, postgres: PostgresWarehouse, held: str, asked: str
) -> None:
    with (
        staging.locked([held], 0),
        pytest.raises(StagingUnavailable, match="The schema jira in the test database is being loaded by jira-staging"),
        postgres.staging().locked([asked], 0.1),
    ):
        pass


def test_a_lock_ends_with_its_connection(staging: PostgresStaging, postgres: PostgresWarehouse) -> None:
    with staging.locked([SCOPE], 0):
        postgres.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        with postgres.staging().locked([SCOPE], 2):
            pass


def test_scopes_may_hold_anything_and_be_many(staging: PostgresStaging) -> None:
    with staging.locked(["../../etc", "\0", "x" * 5000, "😀", "\ud800", *map(str, range(2_000))], 1):
        pass
