"""What several rooms' tests need."""

from collections.abc import Iterator

import pytest

from staging.postgres_server import PostgresServer
from staging.snowflake_account import SnowflakeAccount


def pytest_addoption(parser: pytest.Parser) -> None:
    """Choose the other kind of Jira for the tests of syncing: what is run for both of them by default is a part."""
    parser.addoption("--flavour", choices=("cloud", "data_center"), default="cloud", help="the simulated Jira of tests/syncing")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real Postgres, started by the first test that needs it."""
    with PostgresServer.started() as server:
        yield server


@pytest.fixture(scope="session")
def snowflake_account() -> Iterator[SnowflakeAccount]:
    """fakesnow's server, started by the first test that needs it."""
    with SnowflakeAccount.started() as account:
        yield account
