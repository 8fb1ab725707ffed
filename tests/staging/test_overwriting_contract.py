"""People who are to leave the tables, on every warehouse: their rows are found, written anew, and no other row is."""

from jira_staging.records import Batch, PersonalFields, RejectedRow, Report
from jira_staging.staging import Staging
from jira_staging.staging.erased_people import FORMER, People, Replacement
from jira_staging.staging.overwriting import Departed
from staging.invented_rows import NOON, a_run, publish, rows_of, values

ADA, BOB = "5b10ac8d82e05b22cc7d4ef5", "557058:f58131cb-b67d-43c7-b30d-6b58d40bd077"


def full(staging: Staging) -> None:
    """Two people called alike, in tables of every kind."""
    people = [
        {"id": one, "name": "Ada", "email": f"{mail}@example.com", "is_active": True} for one, mail in ((ADA, "a"), (BOB, "b"))
    ]
    changes = [
        {"history_id": 1, "position": 0, "issue_id": 1, "author_id": ADA, "field_id": "assignee"}
        | {"from_value": ADA, "from_text": "Ada", "to_value": BOB, "to_text": "Ada"},
        {"history_id": 2, "position": 0, "issue_id": 1, "author_id": BOB, "field_id": "customfield_1"}
        | {"to_value": f"[{BOB}, {ADA}]", "to_text": "Ada, Ada"},
    ]
    members = [{"group_id": "g", "user_id": one} for one in (ADA, BOB)]
    approvals = f'[{{"name":"Check","approvers":[{{"approver":{{"accountId":"{ADA}","displayName":"Ada"}}}}]}}]'
    written = f"[sic] {{{ADA}}}"
    histories = [
        {"issue_id": 1, "field_id": "customfield_2", "changed_at": NOON, "position": 0, "value": approvals},
        {"issue_id": 1, "field_id": "customfield_3", "changed_at": NOON, "position": 0, "value": written},
    ]
    kept = [{"issue_id": 1, "key": "owner", "value": f'{{"by":{{"accountId":"{ADA}","displayName":"Ada"}},"at":"{BOB}"}}'}]
    publish(
        staging,
        rows_of("user", *people),
        rows_of("changelog_item", *changes),
        rows_of("issue_field_history", *histories),
        rows_of("group_member", *members),
        rows_of("issue_property", *kept),
    )
    rejected = (RejectedRow("issue", "1", "No.", f'{{"a":"{ADA}"}}'), RejectedRow("issue", "2", "No.", "{}"))
    staging.publish(Batch("site", (), rejected=rejected), Report(a_run()))


def test_their_rows_alone_are_written_anew_and_once(staging: Staging) -> None:
    full(staging)
    people = People({ADA: Replacement("forgotten-1")}, fields=PersonalFields(frozenset(("assignee",)), frozenset(), {}))
    departed, report = Departed(people, ["a@example.com"]), Report(a_run("run-2"))
    of_issue = {"changelog_item": 2, "issue_field_history": 1, "issue_property": 1}
    expected = {"_rejected_row": 1, "group_member": 1, **of_issue, "user": 1}
    assert staging.overwrite(departed, report, only_count=True) == expected
    assert staging.overwrite(departed, report) == expected

    assert sorted(values(staging, "user", "id", "name", "email", "is_active", "_run_id")) == [
        (BOB, "Ada", "b@example.com", True, "run-1"),
        ("forgotten-1", FORMER, None, False, "run-2"),
    ]
    assert values(staging, "changelog_item", "author_id", "from_value", "from_text", "to_value", "to_text") == [
        ("forgotten-1", "forgotten-1", FORMER, BOB, "Ada"),
        (BOB, None, None, f"[{BOB}, forgotten-1]", f"Ada, {FORMER}"),
    ]
    assert sorted(values(staging, "group_member", "user_id", "_run_id")) == [(BOB, "run-1"), ("forgotten-1", "run-2")]
    assert sorted(str(value) for (value,) in values(staging, "issue_field_history", "value")) == [
        f"[sic] {{{ADA}}}",
        '[{"name":"Check","approvers":[{"approver":{"accountId":"forgotten-1","displayName":"Former user","active":false}}]}]',
    ]
    ((kept,),) = values(staging, "issue_property", "value")
    assert (ADA in str(kept), "Ada" in str(kept), BOB in str(kept), "forgotten-1" in str(kept)) == (False, False, True, True)
    assert values(staging, "_rejected_row", "source_id") == [("2",)]
    assert staging.overwrite(departed, report) == {}


def test_a_row_that_came_back_gives_way_to_the_one_that_gets_its_key(staging: Staging) -> None:
    members = [{"group_id": "g", "user_id": one} for one in (ADA, "forgotten-1", BOB)]
    publish(staging, rows_of("group_member", *members))
    staging.overwrite(Departed(People({ADA: Replacement("forgotten-1")})), Report(a_run("run-2")))
    assert sorted(values(staging, "group_member", "user_id", "_run_id")) == [(BOB, "run-1"), ("forgotten-1", "run-2")]
