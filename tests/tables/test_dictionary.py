"""The page that analysts read is what the tables say."""

from pathlib import Path

from jira_staging.reporting.dictionary import dictionary
from jira_staging.tables import TABLES

PAGE = Path(__file__).parents[2] / "DATA_DICTIONARY.md"


def test_the_data_dictionary_is_what_the_tables_say() -> None:
    assert PAGE.read_text() == dictionary(), "run `make dictionary`"


def test_every_table_and_column_is_explained() -> None:
    for table in TABLES.values():
        assert table.meaning.strip()
        for column in table.all_columns:
            assert column.meaning.strip()
            assert column.source.strip()


def test_keys_owners_and_versions_are_columns_of_their_table() -> None:
    for table in TABLES.values():
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names))
        assert set(table.key) <= set(names)
        assert table.owner is None or table.owner in names
        assert table.version is None or table.version in names


def test_columns_that_refer_to_people_are_marked() -> None:
    """What is overwritten where somebody is erased goes by the mark alone."""
    columns = [(table.name, column) for table in TABLES.values() if table.group != "own" for column in table.columns]
    said = {(table, column.name) for table, column in columns if "`user.id`" in column.meaning}
    assert {(table, column.name) for table, column in columns if column.person} == said | {
        ("user", "id"),
        ("audit_record", "object_id"),
    }
