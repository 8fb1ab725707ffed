"""What is Snowflake's own: which statements it is sent and in which order, leases, its errors.

fakesnow answers where it can; what only an account could answer is held to by the statements themselves.
"""

import json
import re
from typing import Any

import pytest
import snowflake.connector.errors as snowflake_errors
from snowflake.connector.cursor import SnowflakeCursor

from jira_staging.errors import StagingError, StagingRefused, StagingUnavailable
from jira_staging.records import Batch, FullLoad, Gone, Report
from jira_staging.staging import WHOLE_SCHEMA, snowflake_staging
from jira_staging.staging.snowflake_door import SnowflakeDoor, as_ours
from jira_staging.staging.snowflake_staging import SnowflakeStaging
from jira_staging.tables import TABLES
from staging.invented_rows import SCOPE, a_run, a_state, issue, label, link, publish, rows_of, values
from staging.warehouses import SnowflakeWarehouse

# What may stand in a transaction: everything else commits it, or is no part of it.
PLAIN = re.compile(r"(COPY INTO|MERGE INTO|INSERT INTO|UPDATE|DELETE FROM|SELECT|COMMIT$|ROLLBACK$)")


@pytest.fixture
def staging(snowflake_database: SnowflakeWarehouse) -> SnowflakeStaging:
    return snowflake_database.prepared()


def _transactions(statements: list[str]) -> list[list[str]]:
    """What was sent between each BEGIN and its COMMIT."""
    found: list[list[str]] = []
    inside = False
    for statement in statements:
        if statement == "BEGIN TRANSACTION":
            found.append([])
            inside = True
        elif statement in ("COMMIT", "ROLLBACK"):
            inside = False
        elif inside:
            found[-1].append(statement)
    return found


def _do_everything(staging: SnowflakeStaging) -> None:
    """Every write that a run can do."""
    report = Report(a_run())
    with staging.locked([SCOPE], 5):
        staging.store_sweep(SCOPE, [1, 2], 5, a_state(entity="_sync_sweep"))
        grown = rows_of("issue", issue(1, customfield_1="x"), issue(2), custom={"customfield_1": "text"})
        labels, links = rows_of("issue_label", label(1, "a"), owners=[1, 2]), rows_of("issue_link", link(7, 1), owners=[1, 2])
        staging.publish(Batch(SCOPE, (grown, labels, links), swept=[1, 2], states=(a_state(),)), report)
        again = (rows_of("issue", issue(1, votes=1)), rows_of("issue_label", owners=[1]), rows_of("issue_link", owners=[1]))
        staging.publish(Batch(SCOPE, again), report)
        staging.mark_gone(SCOPE, [Gone("missing", [2])], report)
    aside = staging.aside(["issue"])
    aside.publish(Batch(SCOPE, (rows_of("issue", issue(3)),)), report)
    staging.take_over(FullLoad("replace", ("issue",), ()), report)
    staging.create_issue_named({"id": "Issue"})
    staging.finish(report)


def test_nothing_that_would_commit_stands_between_begin_and_commit(
    staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse
) -> None:
    snowflake_database.account.requests.clear()
    _do_everything(staging)
    transactions = _transactions(snowflake_database.account.statements)
    assert len(transactions) >= 7
    assert [statement for sent in transactions for statement in sent if not PLAIN.match(statement)] == []
    # In each the first of all waits for the transaction of any other run.
    assert all(sent[0].startswith('UPDATE "JIRA"."_SYNC_LOCK"') for sent in transactions)
    merged = [sent for sent in transactions if any(statement.startswith("MERGE INTO") for statement in sent)]
    assert merged
    assert values(staging, "issue", "id") == [(3,)]


def test_a_batch_is_three_requests_however_many_tables_it_has(
    staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse
) -> None:
    snowflake_database.account.requests.clear()
    rows = (rows_of("issue", issue(1), issue(2)), rows_of("issue_label", label(1, "a"), owners=[1, 2]))
    staging.publish(Batch(SCOPE, (*rows, rows_of("issue_link", link(7, 1), owners=[1, 2]))), Report(a_run()))
    sent = [[statement.split(maxsplit=1)[0] for statement in request] for request in snowflake_database.account.requests]
    # A table of rows and one of verdicts for each of three tables, and the owners once for all; one PUT for all files.
    assert sent == [
        ["PUT"],
        [*["CREATE"] * 7, *["COPY"] * 4, "BEGIN", "UPDATE", "SELECT", *["INSERT"] * 3, "SELECT"],
        [*["MERGE"] * 3, "DELETE", "INSERT", "COMMIT"],
    ]


def test_files_are_copied_by_name_into_temporary_tables_and_purged(
    staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse
) -> None:
    snowflake_database.account.requests.clear()
    publish(staging, rows_of("issue_label", label(1, "a")))
    statements = snowflake_database.account.statements
    assert 'CREATE OR REPLACE TEMPORARY TABLE "ROWS_ISSUE_LABEL" ("ISSUE_ID" NUMBER(19,0), "LABEL" TEXT)' in statements
    (put,) = [statement for statement in statements if statement.startswith("PUT")]
    assert re.fullmatch(r"PUT 'file:///\S+/\*' @\"_JIRA_STAGING_FILES\"/\w{32} AUTO_COMPRESS = FALSE OVERWRITE = TRUE", put)
    (copied,) = [statement for statement in statements if statement.startswith("COPY")]
    assert re.fullmatch(
        r'COPY INTO "ROWS_ISSUE_LABEL" FROM @"_JIRA_STAGING_FILES"/\w{32}/rows_issue_label\.parquet '
        r"FILE_FORMAT = \(TYPE = PARQUET\) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE PURGE = TRUE",
        copied,
    )


def test_statements_carry_the_runs_id_in_a_tag(snowflake_database: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, Any]] = []
    execute = SnowflakeCursor.execute

    def noting(cursor: SnowflakeCursor, sql: str, parameters: Any = None, **more: Any) -> Any:
        sent.append((sql, parameters))
        return execute(cursor, sql, parameters, **more)

    monkeypatch.setattr(SnowflakeCursor, "execute", noting)
    snowflake_database.staging().prepare(a_run("run-77"))
    (tag,) = [parameters["tag"] for sql, parameters in sent if sql == "ALTER SESSION SET QUERY_TAG = %(tag)s"]
    assert json.loads(tag) == {"app": "jira-staging", "run_id": "run-77"}


def test_tables_may_be_transient_and_say_what_they_are(snowflake_database: SnowflakeWarehouse) -> None:
    connect = snowflake_database.account.connect
    SnowflakeStaging(lambda: connect(snowflake_database.database), transient=True).prepare(a_run())
    statements = snowflake_database.account.statements
    made = [statement for statement in statements if statement.startswith("CREATE TRANSIENT TABLE")]
    assert len(made) == len(TABLES)
    (of_labels,) = [statement for statement in made if '"JIRA"."ISSUE_LABEL"' in statement]
    assert """"LABEL" TEXT COMMENT 'The label as written',""" in of_labels
    assert sum(statement.startswith("COMMENT ON TABLE") for statement in statements) == len(TABLES)


def test_views_keep_their_grants(staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse) -> None:
    staging.create_issue_named({"id": "Issue", "key": "50 %"})
    (made,) = [statement for statement in snowflake_database.account.statements if "ISSUE_NAMED" in statement]
    shown = '"ID" AS "Issue", "KEY" AS "50 %%"'
    assert made == f'CREATE OR REPLACE VIEW "JIRA"."ISSUE_NAMED" COPY GRANTS AS SELECT {shown} FROM "JIRA"."ISSUE"'
    assert snowflake_database.run('SELECT "Issue", "50 %" FROM JIRA.ISSUE_NAMED') == []


def test_the_same_scope_is_refused_after_the_bound_naming_its_holder(
    staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse
) -> None:
    other = snowflake_database.staging()
    other.prepare(a_run())
    with staging.locked(["project:2", SCOPE], 0):
        with pytest.raises(StagingUnavailable) as refusal, other.locked(["project:0", SCOPE], 0):
            pass
        with other.locked(["project:3"], 0):
            pass
        with pytest.raises(StagingUnavailable, match=f"The scope {SCOPE} is being loaded by"), other.locked([WHOLE_SCHEMA], 0):
            pass
    assert re.match(
        rf"The scope {SCOPE} is being loaded by process \d+ on \S+ \(\w{{8}}\) since 2\S+ \S+; unless renewed, its lease ends "
        r"at 2\S+ \S+\. Wait for that run to end, or stop it \(jira in the test account\)\.",
        str(refusal.value),
    )
    with other.locked([WHOLE_SCHEMA], 0), pytest.raises(StagingUnavailable, match="The schema is being loaded by"):
        staging.locked(["project:9"], 0).__enter__()


def test_the_same_scope_waits_within_the_bound(
    staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = snowflake_database.staging()
    other.prepare(a_run())
    holding = other.locked([SCOPE], 0)
    holding.__enter__()
    monkeypatch.setattr(snowflake_staging.time, "sleep", lambda _: holding.__exit__(None, None, None))
    with staging.locked([SCOPE], 60):
        pass


def test_a_lease_that_ended_is_taken_and_its_old_holder_writes_no_more(
    staging: SnowflakeStaging, snowflake_database: SnowflakeWarehouse
) -> None:
    other = snowflake_database.staging()
    other.prepare(a_run())
    with staging.locked([SCOPE], 0):
        snowflake_database.run(
            "UPDATE JIRA._SYNC_LOCK SET UNTIL = DATEADD(MINUTE, -1, CURRENT_TIMESTAMP()) WHERE HOLDER IS NOT NULL"
        )
        with other.locked([SCOPE], 0):
            with pytest.raises(StagingUnavailable, match=f"The lease of {SCOPE} ended"):
                publish(staging, rows_of("issue", issue(1)))
            publish(other, rows_of("issue", issue(2)))
    assert values(staging, "issue", "id") == [(2,)]


def _error(kind: str, number: int, text: str = "some words") -> Any:
    return getattr(snowflake_errors, kind)(msg=text, errno=number)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (_error("ProgrammingError", 3001, "Insufficient privileges"), StagingRefused, "Grant it to the role that is used"),
        (_error("ProgrammingError", 2043, "Object does not exist"), StagingRefused, "or check the names"),
        (_error("ProgrammingError", 606, "No active warehouse"), StagingRefused, "Name a warehouse in the connection"),
        (_error("ProgrammingError", 625, "Statement aborted: lock"), StagingUnavailable, "is locked by another transaction"),
        (_error("ProgrammingError", 100071, "Failed to cast 'salary'"), StagingRefused, "it does not fit its column"),
        (_error("IntegrityError", 100072, "NULL 'salary'"), StagingRefused, "it does not fit its column"),
        (_error("ProgrammingError", 1003, "syntax error"), StagingRefused, "refused a statement in here (error 1003)"),
        (_error("DatabaseError", 250001, "Incorrect username or password"), StagingRefused, "here does not let us in"),
        (_error("OperationalError", 250001, "Could not connect"), StagingUnavailable, "here gave no answer"),
        (_error("InternalServerError", 290503, "HTTP 503"), StagingUnavailable, "here gave no answer"),
    ],
)
def test_each_error_says_what_to_do_and_quotes_no_value(error: Any, kind: type[StagingError], words: str) -> None:
    ours = as_ours(error, "here")
    assert type(ours) is kind
    assert words in str(ours)
    assert "salary" not in str(ours)


def test_an_account_that_is_not_there_may_be_tried_again() -> None:
    def connect() -> Any:
        raise snowflake_errors.OperationalError(msg="250001: Could not connect to Snowflake backend", errno=250001)

    with pytest.raises(StagingUnavailable, match="nowhere gave no answer"):
        SnowflakeStaging(connect, place="nowhere").prepare(a_run())


def test_what_is_open_is_rolled_back_and_signed_out_after_a_failure(snowflake_database: SnowflakeWarehouse) -> None:
    connect = snowflake_database.account.connect
    door = SnowflakeDoor(lambda: connect(snowflake_database.database), "here", 5)

    with pytest.raises(ZeroDivisionError), door.opened() as connection:
        _ = 1 / 0
    assert snowflake_database.account.statements[-1] == "ROLLBACK"
    with door.opened() as again:
        assert again is not connection
