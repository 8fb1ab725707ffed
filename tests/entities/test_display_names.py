import json

from hypothesis import given
from hypothesis import strategies as st

from entities.invented_issues import field
from jira_staging.entities.display_names import display_names
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.tables import TABLES

SYSTEM = [column.name for column in TABLES["issue"].all_columns]


def names(*fields: tuple[int, str], limit: int = 63, **arguments: object) -> dict[str, str]:
    """The names of these text fields' columns, all of which exist."""
    catalogue = FieldCatalogue(json.dumps([field(number, name, "string") for number, name in fields]).encode())
    return display_names(catalogue, [f"customfield_{number}" for number, _ in fields], limit, **arguments)  # type: ignore[arg-type]


def test_custom_fields_go_by_their_names_and_system_columns_keep_theirs() -> None:
    catalogue = FieldCatalogue(json.dumps([field(1, "Story  Points\n", "number"), field(2, "Severity", "option")]).encode())
    existing = [*SYSTEM[:3], "customfield_1", "customfield_2", "customfield_2__option_id", *SYSTEM[3:]]
    expected = {column: column for column in existing}
    expected |= {"customfield_1": "Story Points", "customfield_2": "Severity", "customfield_2__option_id": "Severity option id"}
    shown = display_names(catalogue, existing, 63)
    assert (shown, list(shown)) == (expected, existing)


def test_among_fields_of_one_name_the_oldest_has_it_bare() -> None:
    assert names((20, "Team"), (3, "TEAM"), (100, "Team")) == {
        "customfield_20": "Team (20)",
        "customfield_3": "TEAM",
        "customfield_100": "Team (100)",
    }


def test_a_column_that_an_old_field_gets_late_renames_no_other() -> None:
    catalogue = FieldCatalogue(json.dumps([field(3, "Team", "string"), field(20, "Team", "string")]).encode())
    assert display_names(catalogue, ["customfield_20"], 63) == {"customfield_20": "Team (20)"}


def test_no_name_is_a_system_columns_or_another_columns() -> None:
    assert names((1, "Summary"), (2, "customfield_1"), (3, "_run_id")) == {
        "customfield_1": "Summary (1)",
        "customfield_2": "customfield_1 (2)",
        "customfield_3": "_run_id (3)",
    }


def test_names_are_cut_at_a_whole_character_and_stay_apart() -> None:
    assert names((1, "ä" * 40), (2, "ä" * 41), limit=20) == {"customfield_1": "ä" * 10, "customfield_2": "ä" * 8 + " (2)"}


def test_a_name_that_looks_like_another_ones_way_out_is_taken_into_account() -> None:
    assert names((1, "Team"), (2, "Team (3)"), (3, "Team")) == {
        "customfield_1": "Team",
        "customfield_2": "Team (3)",
        "customfield_3": "customfield_3",
    }


def test_old_columns_stand_beside_the_current_one_and_vanished_fields_keep_their_last_name() -> None:
    stored = [
        FieldColumn("customfield_1", "customfield_1", "text", is_current=True),
        FieldColumn("customfield_9", "customfield_9", "json", is_current=True),
    ]
    catalogue = FieldCatalogue(json.dumps([field(1, "Points", "number")]).encode(), stored=stored)
    existing = ["customfield_1", "customfield_1__double", "customfield_8", "customfield_9"]
    assert display_names(catalogue, existing, 63, last_names={"customfield_9": "Gone", "customfield_1": "Renamed since"}) == {
        "customfield_1": "Points (text)",
        "customfield_1__double": "Points",
        "customfield_8": "customfield_8",
        "customfield_9": "Gone",
    }


@given(
    st.lists(st.text(st.sampled_from("aAbB ()12ä😀_"), max_size=12) | st.sampled_from(SYSTEM), max_size=30), st.integers(40, 63)
)
def test_names_never_collide_and_always_fit(labels: list[str], limit: int) -> None:
    shown = names(*enumerate(labels, 1), limit=limit)
    assert len({name.casefold() for name in (*SYSTEM, *shown.values())}) == len(SYSTEM) + len(labels)
    assert all(name and len(name.encode()) <= limit for name in shown.values())


@given(st.lists(st.sampled_from(("Team", "Points", "Region", "team")), min_size=1, max_size=8))
def test_a_new_field_renames_nothing(labels: list[str]) -> None:
    before, after = names(*enumerate(labels, 1)), names(*enumerate([*labels, "Team"], 1))
    assert before.items() <= after.items()
