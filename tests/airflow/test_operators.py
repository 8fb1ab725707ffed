"""The operator's `execute` with a context as small as a test needs, against the simulated Jira, into DuckDB."""

import base64
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, Asset, BaseOperator, Param, TaskGroup
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from airflow.sdk.execution_time.context import OutletEventAccessors
from airflow.serialization.serialized_objects import DagSerialization
from deployment import Connect

from jira_staging import bulk_questions
from jira_staging.errors import ConnectionNotFound, JiraUnavailable, SecretBackendUnavailable
from jira_staging.hooks import JiraStagingHook, forget_people
from jira_staging.jira_api import pacing
from jira_staging.operators import JIRA_ISSUES, JiraCensusOperator, JiraToStagingOperator
from jira_staging.records import SyncRequest
from simulated_jira import Settings, SimulatedJira

Make = Callable[..., JiraToStagingOperator]
BULKFETCH = "POST /rest/api/3/issue/bulkfetch"


def context(**more: object) -> dict[str, Any]:
    """What the operator takes from Airflow's context."""
    ti = SimpleNamespace(dag_id="nightly", run_id="manual__1", map_index=-1, try_number=2)
    return {"ti": ti, "outlet_events": OutletEventAccessors(), **more}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "staging.duckdb"


@pytest.fixture
def make(jira: SimulatedJira, connect: Connect, nightly: str, database: Path) -> Make:
    """Operators whose connections lead to the simulated site and a DuckDB file."""
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email)
    connect("jira_staging", conn_type="duckdb", host=str(database))
    return lambda **arguments: JiraToStagingOperator(task_id="copy", **({"api_token": nightly} | arguments))


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def keys_there(jira: SimulatedJira) -> list[tuple[str]]:
    return sorted((issue.key,) for issue in jira.site.issues.values())


def keys_loaded(database: Path) -> list[tuple[str]]:
    return sorted(query(database, "SELECT key FROM jira.issue"))


# What a run tells ---------------------------------------------------------------------------------------------------------


def test_all_issues_are_loaded_and_the_result_is_small(jira: SimulatedJira, make: Make, database: Path) -> None:
    result = make().execute(context())
    assert keys_loaded(database) == keys_there(jira)
    assert result["definition"] == "nightly"
    assert result["site"] == jira.url
    assert result["rows"]["issue"] == {
        "read": 40,
        "inserted": 40,
        "updated": 0,
        "unchanged": 0,
        "deleted": 0,
        "rejected": 0,
    }
    assert result["requests"] == len(jira.requests)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", result["watermark"])
    as_json = json.dumps(result)
    assert len(as_json) < 10_000
    summaries = [summary for (summary,) in query(database, "SELECT summary FROM jira.issue WHERE length(summary) > 10")]
    assert len(summaries) > 20
    assert not [summary for summary in summaries if json.dumps(summary)[1:-1] in as_json]


def test_a_data_center_is_loaded_by_the_same_operator_and_read_by_the_same_hook(
    connect: Connect, make: Make, monkeypatch: pytest.MonkeyPatch, database: Path
) -> None:
    settings = Settings(flavour="data_center", custom_fields=17, issue_bytes=2_000)
    with SimulatedJira(20, projects=2, settings=settings) as data_center:
        connect(
            "jira_default", conn_type="jira_staging", host=data_center.url, login=data_center.email, password=data_center.token
        )
        result = make(api_token=None).execute(context())
        assert keys_loaded(database) == keys_there(data_center)
        assert (result["site"], result["rows"]["issue"]["inserted"]) == (data_center.url, 20)
        hook = JiraStagingHook()
        assert hook.project_keys() == ["AND", "PAY"]
        assert sorted(hook.get_df("project = PAY", ["summary"])["key"]) == [key for (key,) in keys_loaded(database)]


def test_the_run_is_written_down_with_its_place_in_airflow(make: Make, database: Path) -> None:
    result = make().execute(context())
    columns = "run_id, dag_id, airflow_run_id, map_index, try_number, status"
    assert query(database, f"SELECT DISTINCT {columns} FROM jira._sync_run") == [
        (result["run_id"], "nightly", "manual__1", -1, 2, "success")
    ]


def test_the_assets_event_says_what_changed(jira: SimulatedJira, make: Make) -> None:
    make().execute(context())
    jira.clock.advance(3600)
    jira.change.edit("PAY-1", {"summary": "Reworded"})
    jira.change.create("PAY", "New")
    told = context()
    result = make().execute(told)
    assert told["outlet_events"][JIRA_ISSUES].extra == {
        "run_id": result["run_id"],
        "site": jira.url,
        "watermark": result["watermark"],
        "rows": {"inserted": 1, "updated": 1, "deleted": 0},
    }


def test_other_outlets_get_the_event_and_no_outlets_get_none(make: Make) -> None:
    mine = Asset("my_jira")
    told = context()
    assert make().outlets == [JIRA_ISSUES]
    result = make(outlets=[mine]).execute(told)
    assert told["outlet_events"][mine].extra["run_id"] == result["run_id"]
    told = context()
    make(outlets=[]).execute(told)
    assert told["outlet_events"][JIRA_ISSUES].extra == {}


@pytest.mark.parametrize("operator", [JiraToStagingOperator, JiraCensusOperator])
def test_outlets_that_a_dag_or_a_group_names_for_all_its_tasks_hold_here_too(operator: type[BaseOperator]) -> None:
    of_dag, of_group, own = Asset("of_dag"), Asset("of_group"), Asset("own")
    with DAG("told", schedule=None, default_args={"outlets": [of_dag]}):
        tasks = [
            operator(task_id="plain"),
            operator.partial(task_id="mapped").expand(projects=["PAY"]),
            operator(task_id="other", outlets=[own]),
            operator.partial(task_id="mapped_other", outlets=[own]).expand(projects=["PAY"]),
        ]
        with TaskGroup("group", default_args={"outlets": [of_group]}):
            tasks += [operator(task_id="plain"), operator.partial(task_id="mapped").expand(projects=["PAY"])]
    assert [task.outlets for task in tasks] == [[of_dag], [of_dag], [own], [own], [of_group], [of_group]]


def test_the_logs_first_line_names_the_definition(jira: SimulatedJira, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "jira_staging"):
        make().execute(context())
    assert f"Copying {jira.url} into jira, signed in by nightly." in caplog.text
    assert jira.token not in caplog.text


# What goes wrong ----------------------------------------------------------------------------------------------------------


def test_a_refused_token_fails_the_task_for_good_and_loads_nothing(jira: SimulatedJira, make: Make, database: Path) -> None:
    jira.revoke_token()
    with pytest.raises(AirflowFailException, match="`nightly`") as failure:
        make().execute(context())
    pair = base64.b64encode(f"{jira.email}:{jira.token}".encode()).decode()
    for error in (failure.value, failure.value.__cause__):
        assert jira.token not in repr(error)
        assert pair not in repr(error)
    assert not database.exists()


def test_a_vault_that_gives_no_answer_is_asked_again_by_airflow(
    make: Make, definitions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (definitions / "aws.yaml").write_text(
        "name: aws\nbackend: aws_secrets_manager\nsecret_name: jira\noptions:\n  region: eu-central-1\n"
    )
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("ENDPOINT_URL", "http://127.0.0.1:1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with pytest.raises(SecretBackendUnavailable):
        make(api_token="aws").execute(context())


def test_a_jira_that_is_away_for_a_short_time_is_asked_again_by_airflow(
    jira: SimulatedJira, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "FIRST_BACKOFF_SECONDS", 0.01)
    jira.faults.add("unavailable")
    with pytest.raises(JiraUnavailable) as failure:
        make().execute(context())
    assert failure.value.retry is True
    assert jira.token not in str(failure.value)


def test_a_spent_quota_defers_the_task_which_then_goes_on_where_it_was(
    jira: SimulatedJira, make: Make, database: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bulk_questions, "ISSUES_PER_REQUEST", 20)
    jira.faults.add("quota_exceeded", BULKFETCH, after=1)
    operator = make()
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context())
    assert isinstance(deferred.value.trigger, TimeDeltaTrigger)
    assert deferred.value.method_name == "go_on"
    assert deferred.value.kwargs is not None
    ((argument, waited),) = deferred.value.kwargs.items()
    assert argument == "waited_seconds"
    assert 1847 <= waited <= 1853
    assert jira.token not in json.dumps(deferred.value.trigger.serialize(), default=str)
    ((stored,),) = query(database, "SELECT count(*) FROM jira._sync_sweep")
    assert stored == 40 - len(keys_loaded(database)) > 0
    assert query(database, "SELECT DISTINCT status FROM jira._sync_run") == [("failed",)]

    jira.faults.clear()
    jira.requests.clear()
    capfd.readouterr()
    # As Airflow resumes it: another process, so another operator.
    result = make().resume_execution("go_on", {"event": None, **deferred.value.kwargs}, context())
    assert keys_loaded(database) == keys_there(jira)
    assert query(database, "SELECT count(*) FROM jira._sync_sweep") == [(0,)]
    assert result["rows"]["issue"]["inserted"] == stored
    assert f"{stored} issues that an interrupted run had found and not published were loaded first." in result["notes"][0]
    assert result["deferred_seconds"] == round(waited, 3)
    assert "cannot be called outside of the Task Runner" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("shortest", "longest", "defers"), [("2000", "14400", False), ("60", "1800", False), ("60", "1900", True)]
)
def test_the_deployment_says_which_waits_defer(
    jira: SimulatedJira, make: Make, monkeypatch: pytest.MonkeyPatch, shortest: str, longest: str, defers: bool
) -> None:
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__SHORTEST_DEFERRAL_SECONDS", shortest)
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__LONGEST_DEFERRAL_SECONDS", longest)
    jira.faults.add("quota_exceeded")
    with pytest.raises(TaskDeferred if defers else JiraUnavailable):
        make().execute(context())


def test_the_deployment_says_how_long_a_run_may_wait(jira: SimulatedJira, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    jira.faults.add("rate_limited", retry_after=7)
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__RUN_WAIT_LIMIT_SECONDS", "6.5")
    with pytest.raises(JiraUnavailable, match=r"needs \d+ seconds .* and this run may wait [67] more for it"):
        make().execute(context())
    monkeypatch.setenv("AIRFLOW__JIRA_STAGING__RUN_WAIT_LIMIT_SECONDS", "soon")
    with pytest.raises(AirflowFailException, match=r"has `soon` for `.jira_staging. run_wait_limit_seconds`"):
        make().execute(context())


def test_a_task_that_was_deferred_for_hours_fails_instead(jira: SimulatedJira, make: Make) -> None:
    jira.faults.add("quota_exceeded")
    with pytest.raises(JiraUnavailable):
        make().go_on(context(), None, waited_seconds=4 * 3600.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"load_strategy": "upsert"}, "There is no load strategy `upsert` here"),
        ({"api_token": "nightyl"}, "No secret definition is called `nightyl`"),
        ({"entities": ["isue"]}, "No entity is called `isue`. Did you mean `issue`"),
        ({"projects": "PAY,PYA"}, "PYA"),
        ({"jql": "projekt = PAY"}, "projekt"),
        ({"jql": "project = PAY ORDER BY key"}, "ORDER BY"),
        ({"include_fields": ["Story Pints"]}, "include_fields names `Story Pints`"),
        ({"limit": "many"}, "`limit` is a number of issues"),
        ({"full": "maybe"}, "`full` is true or false"),
        ({"projects": "['PAY"}, "PAY"),
    ],
)
def test_a_wrong_argument_fails_the_task_for_good_with_a_sentence(
    make: Make, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(AirflowFailException, match=re.escape(message)):
        make(**arguments).execute(context())


@pytest.mark.parametrize("argument", ["jira_conn_id", "staging_conn_id"])
def test_a_connection_that_nobody_defined_is_told_with_its_argument_and_tried_again(
    make: Make, argument: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Airflow says the same where a secrets backend that should have it is down.
    with pytest.raises(ConnectionNotFound, match=rf"Airflow finds no connection `elsewhere` \(`{argument}`\): make it") as told:
        make(**{argument: "elsewhere"}).execute(context())
    assert told.value.retry
    assert "The run failed (ConnectionNotFound): Airflow finds no connection" in caplog.text


def test_an_argument_that_does_not_exist_is_refused_when_the_dag_is_parsed() -> None:
    with pytest.raises(TypeError, match="project_keys"):
        JiraToStagingOperator(task_id="copy", project_keys=["PAY"])


# Arguments ----------------------------------------------------------------------------------------------------------------


def test_nothing_is_looked_up_or_sent_before_the_task_runs(jira: SimulatedJira) -> None:
    JiraToStagingOperator(
        task_id="copy", jira_conn_id="nobody_defined_this", api_token="nor_this", staging_conn_id="nor_that", limit="x"
    )
    assert len(jira.requests) == 0


PARAMS: dict[str, Any] = {
    "projects": ["PAY", "OPS"],
    "components": "Billing, Search",
    "jql": None,
    "entities": [],
    "fields": [10016, "Story Points"],
    "nothing": "",
    "limit": 50,
    "full": True,
}
ASKED = SyncRequest(
    projects=("PAY", "OPS"), components=("Billing", "Search"), include_fields=("10016", "Story Points"), limit=50, full=True
)


@pytest.mark.parametrize("native", [False, True])
def test_params_of_every_kind_arrive_as_they_were_meant(native: bool) -> None:
    with DAG("rendered", schedule=None, render_template_as_native_obj=native, params={"api_token": Param("nightly")}):
        operator = JiraToStagingOperator(
            task_id="copy",
            api_token="{{ params.api_token }}",
            projects="{{ params.projects }}",
            components="{{ params.components }}",
            jql="{{ params.jql }}",
            entities="{{ params.entities }}",
            include_fields="{{ params.fields }}",
            exclude_fields="{{ params.nothing }}",
            limit="{{ params.limit }}",
            full="{{ params.full }}",
        )
    operator.render_template_fields({"params": PARAMS | {"api_token": "nightly"}})
    assert operator._request() == ASKED
    assert operator.api_token == "nightly"


@pytest.mark.parametrize("native", [False, True])
def test_lists_are_rendered_item_by_item_and_false_and_none_stay_what_they_are(native: bool) -> None:
    with DAG("rendered", schedule=None, render_template_as_native_obj=native):
        operator = JiraToStagingOperator(
            task_id="copy",
            projects=["{{ params.first }}", "OPS"],
            jql="component = {{ params.component }}",
            limit="{{ params.limit }}",
            full="{{ params.full }}",
        )
    operator.render_template_fields({"params": {"first": "PAY", "component": "Billing", "limit": None, "full": False}})
    assert operator._request() == SyncRequest(projects=("PAY", "OPS"), jql="component = Billing")


def test_mapped_tasks_have_a_project_each_and_the_same_asset() -> None:
    with DAG("mapped", schedule=None) as dag:
        mapped = JiraToStagingOperator.partial(task_id="copy", api_token="nightly").expand(projects=["PAY", ["OPS", "AND"]])
    assert mapped.outlets == [JIRA_ISSUES]
    tasks = [mapped.unmap({"projects": projects}) for projects in ("PAY", ["OPS", "AND"])]
    assert [task._request().projects for task in tasks] == [("PAY",), ("OPS", "AND")]
    assert [task.outlets for task in tasks] == [[JIRA_ISSUES], [JIRA_ISSUES]]
    # The scheduler knows an asset only by what the serialized DAG says.
    assert "jira_issues" in json.dumps(DagSerialization.to_dict(dag)["dag"]["tasks"])


def test_names_that_render_to_numbers_or_with_blanks_are_names_all_the_same(
    make: Make, connect: Connect, nightly: str, database: Path
) -> None:
    connect("7", conn_type="duckdb", host=str(database))
    # A text of digits becomes a number where a DAG renders to native objects.
    numbers = {"staging_conn_id": 7, "staging_schema": 2026}
    make(**numbers, jira_conn_id=" jira_default ", api_token=f" {nightly} ", entities="issue").execute(context())
    assert query(database, 'SELECT count(*) FROM "2026".issue') == [(40,)]
    make(staging_schema=" jira ", entities="issue").execute(context())
    assert len(keys_loaded(database)) == 40


@pytest.mark.parametrize("nothing", [None, "", "None"])
def test_a_connection_that_renders_to_nothing_is_wrong_use(make: Make, nothing: str | None) -> None:
    for argument in ("jira_conn_id", "staging_conn_id", "staging_schema"):
        with pytest.raises(AirflowFailException, match=f"`{argument}` is empty"):
            make(**{argument: nothing}).execute(context())


def test_an_api_token_that_renders_to_nothing_leaves_the_choice_to_the_connection(
    jira: SimulatedJira, make: Make, connect: Connect
) -> None:
    connect("jira_default", conn_type="jira_staging", host=jira.url, login=jira.email, password=jira.token)
    for nothing in (None, "", "None"):
        assert make(api_token=nothing, limit=1).execute(context())["definition"] == "the connection's password"


def test_personal_data_is_hashed_by_the_key_that_a_definition_leads_to(
    make: Make, database: Path, definitions: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = "as long as a key has to be"
    (definitions / "privacy.yaml").write_text("name: privacy\nbackend: environment\nsecret_name: PRIVACY_KEY\n")
    monkeypatch.setenv("PRIVACY_KEY", key + "\n")
    make(personal_data="hash", personal_data_key="privacy", entities=["issue", "user"]).execute(context())
    hashed = query(database, "SELECT name, email FROM jira.user WHERE name IS NOT NULL")
    assert {len(name) for name, _ in hashed} == {32}
    summaries = query(database, "SELECT summary FROM jira.issue")
    assert all(re.fullmatch("[0-9a-f]{32}", summary) for (summary,) in summaries)
    assert key not in caplog.text
    with pytest.raises(AirflowFailException, match="loaded with personal_data=hash, this run says keep"):
        make(entities=["issue", "user"]).execute(context())
    with pytest.raises(AirflowFailException, match="`personal_data` is keep, hash, drop; it is `mask`"):
        make(personal_data="mask").execute(context())


def test_who_was_forgotten_stays_away_from_a_task_that_has_the_key_and_stops_one_that_has_not(
    make: Make, database: Path, definitions: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (definitions / "privacy.yaml").write_text("name: privacy\nbackend: environment\nsecret_name: PRIVACY_KEY\n")
    monkeypatch.setenv("PRIVACY_KEY", "as long as a key has to be")
    entities = ["issue", "user"]
    make(entities=entities).execute(context())
    ((account_id,),) = query(database, "SELECT creator_id FROM jira.issue GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
    rows = forget_people([account_id], personal_data_key_name="privacy", staging_conn_id="jira_staging")
    assert rows["user"] == 1
    assert rows["issue"] > 0
    with pytest.raises(AirflowFailException, match="known by a key alone"):
        make(entities=entities).execute(context())
    make(entities=entities, personal_data_key="privacy", full=True).execute(context())
    assert query(database, f"SELECT count(*) FROM jira.issue WHERE creator_id = '{account_id}'") == [(0,)]
    assert query(database, f"SELECT count(*) FROM jira.user WHERE id = '{account_id}'") == [(0,)]
    assert account_id not in caplog.text
