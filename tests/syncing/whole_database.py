"""Every text of every staging table, wherever the tables are: to look for what must not be there, and for what must stay."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from simulated_jira import SimulatedJira
from simulated_jira.people import User
from syncing.bench import RICH, Bench, Flavour

# What people write. Jira itself leaves it as it is when somebody is erased, and so do we.
WRITTEN = {"comment.body", "worklog.comment", "issue.description", "issue_field_history.value"}


def tables(bench: Bench) -> dict[str, list[str]]:
    """The tables with their columns of text and JSON."""
    found: dict[str, list[str]] = {}
    for table, column in bench.query(
        "SELECT c.table_name, c.column_name FROM information_schema.columns AS c JOIN information_schema.tables AS t "
        "ON t.table_schema = c.table_schema AND t.table_name = c.table_name WHERE c.table_schema = 'jira' "
        "AND t.table_type = 'BASE TABLE' AND lower(c.data_type) IN ('varchar', 'json', 'text', 'jsonb') ORDER BY 1, 2"
    ):
        found.setdefault(table, []).append(column)
    return found


def texts(bench: Bench) -> Iterator[tuple[str, str]]:
    """Every text and JSON, with where it stands."""
    for table, columns in tables(bench).items():
        listed = ", ".join(f'CAST("{column}" AS text)' for column in columns)
        for row in bench.query(f'SELECT DISTINCT {listed} FROM jira."{table}"'):
            yield from ((f"{table}.{column}", text) for column, text in zip(columns, row, strict=True) if text is not None)


def places(bench: Bench, values: Sequence[str]) -> dict[str, set[str]]:
    """In which columns each value stands, as a part of a text or as all of it."""
    found: dict[str, set[str]] = {value: set() for value in values}
    for place, text in texts(bench):
        for value in values:
            if value in text:
                found[value].add(place)
    return found


def rows_without(bench: Bench, ids: Sequence[str], *tables_of: str) -> Mapping[str, list[dict[str, Any]]]:
    """The rows, in full, of these tables in which none of these ids stands."""
    return {
        table: sorted((row for row in rows if not any(one in str(row) for one in ids)), key=str)
        for table, rows in bench.tables(*tables_of).items()
    }


@contextmanager
def rich_site(flavour: Flavour = "cloud", *, with_desk: bool = False) -> Iterator[SimulatedJira]:
    """24 issues with every kind of custom field; 80, some of them of a service desk, `with_desk`."""
    settings = replace(RICH, flavour=flavour, service_desk=with_desk)
    with SimulatedJira(80 if with_desk else 24, projects=2, seed=5, settings=settings) as jira:
        jira.clock.freeze(jira.site.start_ms)
        yield jira


def with_address(jira: SimulatedJira) -> User:
    """Somebody who stands in many tables."""
    return next(user for user in jira.site.people[1:] if user.email and user.active)


def names_beside(bench: Bench, account_id: str) -> set[str]:
    """What changelogs show beside a person's id."""
    sides = " UNION ".join(
        f"SELECT {side}_text FROM jira.changelog_item WHERE {side}_value = '{account_id}'" for side in ("from", "to")
    )
    return {name for (name,) in bench.query(sides)}
