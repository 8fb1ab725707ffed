import json

import pytest

from entities.invented_issues import CUSTOM, FIELDS, catalogue_payload, field, system_field
from jira_staging.entities.field_catalogue import FieldCatalogue, FieldColumn
from jira_staging.entities.issue_payload import fields_to_ask
from jira_staging.errors import JiraAnswerUnusable, WrongUse
from jira_staging.records import RejectedRow
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

POINTS = "customfield_10024"


def test_each_kind_of_field_has_its_column() -> None:
    columns = {column.column_name: column.value_type for column in FieldCatalogue(catalogue_payload()).columns}
    assert columns == {
        "customfield_10014": "json",
        "customfield_10019": "json",
        "customfield_10020": "json",
        "customfield_10024": "double",
        "customfield_10030": "text",
        "customfield_10030__option_id": "text",
        "customfield_10031": "json",
        "customfield_10032": "json",
        "customfield_10033": "text",
        "customfield_10034": "json",
        "customfield_10035": "text",
        "customfield_10036": "text",
        "customfield_10037": "text",
        "customfield_10038": "date",
        "customfield_10039": "timestamp",
        "customfield_10040": "text",
        "customfield_10041": "text",
        "customfield_10042": "json",
        "customfield_10043": "json",
        "customfield_10044": "json",
    }


def test_the_catalogue_itself_becomes_rows() -> None:
    payload = [system_field("labels", "Labels", "array"), field(10031, "Platforms", "array", f"{CUSTOM}multiselect", "option")]
    flattened = FieldCatalogue(json.dumps([*payload, {"id": 5}, {"id": "thumbnail", "name": "Images"}]).encode()).flatten()
    fields, columns = flattened.rows
    assert fields.data.schema == arrow_schema(TABLES["field"])
    names = ("id", "name", "is_custom", "is_array", "value_type", "item_type", "custom_type")
    assert [tuple(row[name] for name in names) for row in fields.data.to_pylist()] == [
        ("labels", "Labels", False, True, "array", None, None),
        ("customfield_10031", "Platforms", True, True, "array", "option", f"{CUSTOM}multiselect"),
        ("thumbnail", "Images", None, None, None, None, None),
    ]
    assert (fields.owners, columns.owners) == (None, ())
    assert columns.data.to_pylist() == [
        {"field_id": "customfield_10031", "column_name": "customfield_10031", "value_type": "json", "is_current": True}
    ]
    assert flattened.rejected == (RejectedRow("field", "5", "Expected `str`, got `int`", '{"id": 5}'),)


def test_a_field_whose_type_changed_gets_a_column_beside_the_old_one_and_back() -> None:
    was_text = FieldColumn(POINTS, POINTS, "text", is_current=True)
    changed = FieldCatalogue(catalogue_payload(), stored=[was_text])
    number = FieldColumn(POINTS, f"{POINTS}__double", "double", is_current=True)
    text = FieldColumn(POINTS, POINTS, "text", is_current=False)
    assert [column for column in changed.columns if column.field_id == POINTS] == [number, text]

    again = FieldCatalogue(catalogue_payload(), stored=[number, text])
    assert [column for column in again.columns if column.field_id == POINTS] == [number, text]

    payload = json.dumps([field(10024, "Story Points", "string", f"{CUSTOM}textfield")]).encode()
    back = FieldCatalogue(payload, stored=[number, text])
    assert back.columns == (was_text, FieldColumn(POINTS, f"{POINTS}__double", "double", is_current=False))


def test_a_select_list_that_becomes_text_keeps_its_column_and_leaves_the_option_id() -> None:
    severity = "customfield_10030"
    stored = FieldCatalogue(json.dumps([field(10030, "Severity", "option")]).encode()).columns
    now = FieldCatalogue(json.dumps([field(10030, "Severity", "string")]).encode(), stored=stored)
    assert now.columns == (
        FieldColumn(severity, severity, "text", is_current=True),
        FieldColumn(severity, f"{severity}__option_id", "text", is_current=False),
    )


def test_a_vanished_field_is_no_longer_current_nor_is_one_that_is_left_out_whose_values_stay() -> None:
    stored = [
        FieldColumn("customfield_9", "customfield_9", "json", is_current=True),
        FieldColumn(POINTS, POINTS, "double", is_current=True),
    ]
    catalogue = FieldCatalogue(catalogue_payload(), stored=stored, include=["Severity"])
    vanished = FieldColumn("customfield_9", "customfield_9", "json", is_current=False)
    left_out = FieldColumn(POINTS, POINTS, "double", is_current=False)
    assert [column for column in catalogue.columns if not column.is_current] == [vanished, left_out]
    assert catalogue.emptied_columns == (vanished,)


def test_fields_are_chosen_by_id_or_name_in_any_case() -> None:
    payload = catalogue_payload(field(10099, "severity", "string"))
    included = FieldCatalogue(payload, include=["SEVERITY", POINTS, "Summary"])
    assert [custom.id for custom in included.custom] == [POINTS, "customfield_10030", "customfield_10099"]
    excluded = FieldCatalogue(payload, exclude=["Severity", "description"])
    assert {"customfield_10030", "customfield_10099"}.isdisjoint(custom.id for custom in excluded.custom)
    assert excluded.is_excluded("description")


@pytest.mark.parametrize("argument", ["include", "exclude"])
def test_a_field_that_the_site_does_not_have_is_refused_with_the_nearest(argument: str) -> None:
    with pytest.raises(WrongUse, match=f"{argument}_fields names `Story Point`.*Did you mean customfield_10024"):
        FieldCatalogue(catalogue_payload(), **{argument: ["Story Point"]})


def test_what_no_row_can_do_without_cannot_be_excluded() -> None:
    with pytest.raises(WrongUse, match="updated"):
        FieldCatalogue(catalogue_payload(), exclude=["Updated"])


def test_an_answer_that_is_no_list_is_not_taken_for_a_site_without_fields() -> None:
    with pytest.raises(JiraAnswerUnusable):
        FieldCatalogue(b'{"errorMessages":[]}')


def test_only_what_the_tables_need_is_asked_for() -> None:
    catalogue = FieldCatalogue(catalogue_payload(), include=["Severity"], exclude=["description", "Sprint"])
    asked = fields_to_ask(catalogue, ["issue", "issue_sprint", "issue_link"])
    assert {"summary", "duedate", "watches", "issuelinks", "customfield_10030"} <= set(asked)
    # What issue_sprint and epic_id are made of comes along, wanted as a column or not.
    assert {"customfield_10020", "customfield_10014"} <= set(asked)
    assert {"description", POINTS, "labels", "comment"}.isdisjoint(asked)
    assert fields_to_ask(catalogue, ["issue_label"]) == ["labels", "project", "updated"]
    assert len(asked) == len(set(asked))


def test_every_custom_field_of_a_site_can_be_asked_for() -> None:
    everything = fields_to_ask(FieldCatalogue(catalogue_payload()), ["issue"])
    assert {field["id"] for field in FIELDS if field["custom"]} <= set(everything)
