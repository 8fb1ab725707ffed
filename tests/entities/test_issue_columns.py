"""What the issues of a batch hold, field by field."""

import msgspec
import pytest

from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.issue_payload import Issue, SystemFields

ISSUES = {
    1: b'{"summary": "One", "project": {"id": "7"}, "environment": {"type": "doc"}}',
    2: b'{"summary": null, "project": null, "environment": null}',
    3: b"{}",
}


def batch() -> IssueBatch:
    """The issues above, decoded."""
    decoder = msgspec.json.Decoder(SystemFields, strict=False)
    return IssueBatch([Issue(issue_id, None, decoder.decode(fields)) for issue_id, fields in ISSUES.items()])


def test_values_are_in_the_order_of_the_issues_and_null_where_something_on_the_way_is() -> None:
    here = batch()
    assert list(here.values("summary")) == ["One", None, None]
    assert list(here.values("project", "id")) == [7, None, None]
    assert [None if value is None else bytes(value) for value in here.raw_values("environment")] == [
        b'{"type": "doc"}',
        None,
        None,
    ]


def test_a_batch_without_issues_has_no_values_and_one_with_issues_no_other_fields() -> None:
    assert list(IssueBatch([]).values("summary")) == []
    assert IssueBatch([]).raw_values("environment") == []
    with pytest.raises(KeyError):
        batch().values("no_such_field")
