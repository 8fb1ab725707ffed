"""What an issue's own fields hold now, as the histories write it."""

import msgspec
import pytest

from jira_staging.entities.present_values import item_text


@pytest.mark.parametrize(
    ("json", "text"),
    [
        (b"null", None),
        (b'"null"', "null"),
        (b'"a label"', "a label"),
        (b"7", "7"),
        (b"7.5", "7.5"),
        (b'{"id": "10024", "value": "High"}', "10024"),
        (b'{"value": "High"}', '{"value": "High"}'),
        (b"[1, 2]", "[1, 2]"),
    ],
)
def test_an_item_of_a_list_is_its_id_or_its_text_and_null_is_none(json: bytes, text: str | None) -> None:
    assert item_text(msgspec.Raw(json)) == text
