"""Empty warehouses for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jira_staging.staging import Staging, postgres_new_rows
from jira_staging.staging.postgres_staging import PostgresStaging
from staging.postgres_server import PostgresServer
from staging.snowflake_account import SnowflakeAccount
from staging.warehouses import DuckDBWarehouse, PostgresWarehouse, SnowflakeWarehouse, Warehouse

# Contract tests that would say nothing about Snowflake, since it is fakesnow that answers, and why.
NOT_ON_FAKESNOW = {
    "test_values_at_the_edges_of_their_types_come_back_as_they_were[snowflake_database-customfield_at]": "it counts in doubles",
    "test_times_beyond_pythons_calendar_come_back_as_arrow_gave_them[snowflake_database]": "Snowflake's years end at 9999",
    "test_names_may_hold_quotes_signs_and_emoji[snowflake_database]": "fakesnow loses quotes inside names",
    "test_eight_hundred_custom_fields_fit[snowflake_database]": "fakesnow takes half a minute",
    "test_two_hundred_thousand_ids_fit_into_a_sweep[snowflake_database]": "fakesnow takes half a minute",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what fakesnow cannot answer."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.name in NOT_ON_FAKESNOW:
            item.add_marker(pytest.mark.skip(reason=NOT_ON_FAKESNOW[item.name]))


@pytest.fixture
def snowflake_database(snowflake_account: SnowflakeAccount) -> Iterator[SnowflakeWarehouse]:
    """An empty database."""
    snowflake_account.requests.clear()
    database = snowflake_account.new_database()
    yield SnowflakeWarehouse(snowflake_account, database)
    snowflake_account.drop(database)


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> PostgresWarehouse:
    """An empty database."""
    return PostgresWarehouse(postgres_server.new_database())


@pytest.fixture
def duckdb_file(tmp_path: Path) -> DuckDBWarehouse:
    """An empty DuckDB file."""
    return DuckDBWarehouse(tmp_path / "warehouse.duckdb")


@pytest.fixture(params=["duckdb_file", "postgres", "snowflake_database"])
def warehouse(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """An empty database of each kind. Postgres is asked which rows are new however few they are, as it is in large batches."""
    monkeypatch.setattr(postgres_new_rows, "WORTH_ASKING", 1)
    empty: Warehouse = request.getfixturevalue(request.param)
    return empty


@pytest.fixture
def staging(request: pytest.FixtureRequest, warehouse: Warehouse) -> Staging:
    """Prepared staging tables."""
    return warehouse.prepared()


@pytest.fixture
def postgres_staging(postgres: PostgresWarehouse) -> PostgresStaging:
    """Prepared staging tables in a Postgres database."""
    return postgres.prepared()
