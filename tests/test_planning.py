"""What a run has to read follows from what was asked, before and now."""

import json
from dataclasses import replace

import pytest

from jira_staging.errors import WrongUse
from jira_staging.fingerprints import Fingerprint, SprintsSeen, read_by_both, seeing, with_none_behind
from jira_staging.planning import Plan, Project, entities_asked, is_idle, plan, relying_on_no_other, scopes_of
from jira_staging.records import FieldChoice, Scope, SyncRequest, SyncState
from jira_staging.tables import DEFAULT_ENTITIES, GROUPS

SITE = "https://acme.atlassian.net"
SCOPE = Scope("project:10000", "ABC", "", 10000)
HOUR = 3_600_000
NOON = 1_767_268_800_000


def state(
    watermark: int | None = NOON,
    entities: tuple[str, ...] = ("issue",),
    fields: tuple[str, ...] = (),
    choice: FieldChoice | None = None,
) -> SyncState:
    return SyncState(SITE, "issue", SCOPE.name, watermark, Fingerprint.of(SCOPE.label, entities, fields, choice).text)


def left_at(planned: Plan, watermark: int) -> SyncState:
    """How a scope stands once this plan was followed."""
    return replace(planned.state, watermark=watermark)


def test_groups_and_tables_are_asked_for_by_name_and_come_in_the_order_of_the_tables() -> None:
    assert entities_asked(["issue_label", "fields", "issue"]) == (*GROUPS["fields"], "issue", "issue_label")
    assert entities_asked([]) == DEFAULT_ENTITIES
    assert set(entities_asked(["issues"])) == set(GROUPS["issues"])


def test_an_unknown_entity_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(WrongUse, match=r"No entity is called `isue`\. Did you mean `issue`\? Entities: field, "):
        entities_asked(["isue"])


def test_each_project_is_a_scope_of_its_own_and_goes_by_its_id() -> None:
    projects = [Project(10000, "ABC"), Project(10001, "XYZ")]

    assert scopes_of(SyncRequest(projects=("XYZ", "XYZ")), projects, None) == (Scope("project:10001", "XYZ", "", 10001),)
    assert [scope.label for scope in scopes_of(SyncRequest(), projects, None)] == ["ABC", "XYZ"]


def test_conditions_make_one_scope_by_their_hash() -> None:
    one = scopes_of(SyncRequest(), [], "labels = urgent")
    other = scopes_of(SyncRequest(), [], "labels = later")

    assert len(one) == len(other) == 1
    assert one[0].name.startswith("jql:")
    assert one[0].name != other[0].name
    assert one[0].jql == "labels = urgent"


def test_an_unknown_project_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(WrongUse, match=r"The account sees no project `ABD`\. Did you mean `ABC`\? It sees 1: ABC\."):
        scopes_of(SyncRequest(projects=("ABD",)), [Project(10000, "ABC")], None)


def test_a_scope_without_a_watermark_is_read_in_full() -> None:
    for before in (None, state(None)):
        planned = plan(SCOPE, before, state(), SyncRequest())
        assert (planned.mode, planned.since) == ("full", None)
        assert planned.note == "ABC was never loaded here: it is loaded from its beginning."


def test_a_scope_with_a_watermark_is_read_from_the_look_back_on() -> None:
    planned = plan(SCOPE, state(), state(), SyncRequest(lookback_hours=12))

    assert planned == Plan(SCOPE, "incremental", NOON - 12 * HOUR, (), state(), NOON)


def test_a_new_entity_brings_everything_and_a_new_field_what_has_it() -> None:
    entity = plan(SCOPE, state(), state(entities=("issue", "issue_label")), SyncRequest())
    field = plan(SCOPE, state(), state(fields=("customfield_10016:double",)), SyncRequest())

    assert (entity.mode, entity.since) == ("backfill", None)
    assert entity.note == "ABC: issue_label was not loaded before: everything is loaded from its beginning."
    assert (field.mode, field.since, field.new_fields) == ("backfill", NOON - 12 * HOUR, ("customfield_10016:double",))


def test_a_table_that_other_runs_are_asked_for_is_read_on_from_where_it_was() -> None:
    """Issues every hour, everything at night: neither reads more than what changed since the like of it ran."""
    wide, narrow = state(entities=("issue", "issue_label")), state(entities=("issue",))
    hourly = plan(SCOPE, wide, narrow, SyncRequest())
    again = plan(SCOPE, left_at(hourly, NOON + HOUR), narrow, SyncRequest())
    nightly = plan(SCOPE, left_at(again, NOON + 2 * HOUR), wide, SyncRequest(lookback_hours=1))

    assert [(one.mode, one.since) for one in (hourly, again)] == [
        ("incremental", NOON - 12 * HOUR),
        ("incremental", NOON - 11 * HOUR),
    ]
    assert (nightly.mode, nightly.since, nightly.watermark_from, nightly.note) == ("incremental", NOON - HOUR, NOON, "")
    assert nightly.state.fingerprint == wide.fingerprint


def test_without_the_table_of_issues_its_fields_stay_as_they_were_read() -> None:
    fields = ("customfield_10016:double",)
    both = state(entities=("issue", "comment"), fields=fields)
    comments = plan(SCOPE, both, state(entities=("comment",)), SyncRequest())
    back = plan(SCOPE, left_at(comments, NOON + HOUR), both, SyncRequest(lookback_hours=1))
    new = state(entities=("issue", "comment"), fields=(*fields, "customfield_10020:text"))
    later = plan(SCOPE, left_at(comments, NOON + HOUR), new, SyncRequest(lookback_hours=1))

    assert (back.mode, back.since, back.new_fields) == ("incremental", NOON - HOUR, ())
    assert (later.mode, later.since, later.new_fields) == ("backfill", NOON - HOUR, ("customfield_10020:text",))


@pytest.mark.parametrize("how", ["full", "renamed", "alone", "with none behind"])
def test_a_table_that_missed_what_no_updated_tells_is_loaded_from_its_beginning(how: str) -> None:
    wide, narrow = state(entities=("issue", "issue_label")), state(entities=("issue",))
    planned = plan(SCOPE, wide, narrow, SyncRequest(full=how == "full"))
    if how == "renamed":
        scope = Scope("project:10000", "NEW", "", 10000)
        planned = plan(scope, wide, replace(narrow, fingerprint=Fingerprint.of("NEW", ["issue"], ()).text), SyncRequest())
        wide = replace(wide, fingerprint=Fingerprint.of("NEW", ["issue", "issue_label"], ()).text)
        back = plan(scope, left_at(planned, NOON + HOUR), wide, SyncRequest())
    elif how == "alone":
        (planned,) = relying_on_no_other([planned], [SCOPE.name])
        back = plan(SCOPE, left_at(planned, NOON + HOUR), wide, SyncRequest())
    elif how == "with none behind":
        back = plan(SCOPE, with_none_behind(left_at(planned, NOON + HOUR)), wide, SyncRequest())
    else:
        back = plan(SCOPE, left_at(planned, NOON + HOUR), wide, SyncRequest())

    assert (back.mode, back.since) == ("backfill", None)
    assert "issue_label was not loaded before" in back.note


def test_a_table_that_is_computed_of_sprints_is_not_relied_on_where_another_one_saw_them_change() -> None:
    both, one = state(entities=("issue", "issue_sprint_history", "sprint_report")), state(entities=("issue", "sprint_report"))
    hourly = plan(SCOPE, both, seeing(one, SprintsSeen(7)), SyncRequest())
    nightly = plan(SCOPE, left_at(hourly, NOON + HOUR), both, SyncRequest())

    assert nightly.note == "ABC: issue_sprint_history was not loaded before: everything is loaded from its beginning."


def test_what_was_seen_of_sprints_is_kept_by_a_run_that_computes_nothing_of_it() -> None:
    seen = SprintsSeen(5, (3,))
    computed, narrow = state(entities=("issue", "sprint_report")), state(entities=("issue",))
    hourly = plan(SCOPE, seeing(computed, seen), narrow, SyncRequest())
    nightly = plan(SCOPE, left_at(hourly, NOON + HOUR), seeing(computed, SprintsSeen(7, (3,))), SyncRequest())

    assert nightly.seen == seen
    assert Fingerprint.read(nightly.state.fingerprint).sprints == SprintsSeen(7, (3,))


def test_a_table_that_has_new_columns_is_a_new_entity() -> None:
    older = json.loads(state().fingerprint)
    older["entities"]["issue"] = "another"

    planned = plan(SCOPE, SyncState(SITE, "issue", SCOPE.name, NOON, json.dumps(older)), state(), SyncRequest())

    assert planned.mode == "backfill"


def test_only_a_project_that_jira_shows_unchanged_is_idle() -> None:
    planned = plan(SCOPE, state(), state(), SyncRequest(lookback_hours=12))

    assert is_idle(planned, Project(10000, "ABC", NOON - 13 * HOUR))
    assert not is_idle(planned, Project(10000, "ABC", NOON - 12 * HOUR))
    assert not is_idle(planned, Project(10000, "ABC", None))
    assert not is_idle(plan(SCOPE, None, state(), SyncRequest()), Project(10000, "ABC", 0))


def test_a_field_that_was_left_out_and_comes_back_is_loaded_anew() -> None:
    """Its values may have been emptied meanwhile, which no search for values finds."""
    estimate = ("customfield_10016:double",)
    left_out = plan(SCOPE, state(fields=estimate), state(), SyncRequest())
    still_out = plan(SCOPE, replace(left_out.state, watermark=NOON), state(), SyncRequest())
    back = plan(SCOPE, replace(still_out.state, watermark=NOON), state(fields=estimate), SyncRequest())

    assert [left_out.mode, still_out.mode, back.mode] == ["incremental", "incremental", "backfill"]
    assert (back.since, back.new_fields) == (None, ())
    assert json.loads(back.state.fingerprint)["left_out"] == []


@pytest.mark.parametrize(
    ("before", "after", "back", "left_out"),
    [
        (FieldChoice(), FieldChoice(excluded=frozenset(("summary", "labels"))), "", "labels, summary"),
        (FieldChoice(excluded=frozenset(("summary",))), FieldChoice(), "summary was", ""),
        (FieldChoice(), FieldChoice(frozenset(("customfield_1",))), "", "every other custom field"),
        (FieldChoice(frozenset(("customfield_1",))), FieldChoice(), "every other custom field was", ""),
        (FieldChoice(frozenset("ab")), FieldChoice(frozenset("bc")), "c was", ""),
        (FieldChoice(frozenset("ab")), FieldChoice(frozenset("a")), "", "b"),
        (FieldChoice(excluded=frozenset("a")), FieldChoice(excluded=frozenset("a")), "", ""),
    ],
)
def test_fields_that_were_left_out_are_loaded_from_the_beginning_and_those_left_out_now_are_told(
    before: FieldChoice, after: FieldChoice, back: str, left_out: str
) -> None:
    """Their histories begin before what a search for changes finds."""
    planned = plan(SCOPE, state(choice=before), state(choice=after), SyncRequest())
    assert planned.mode == ("backfill" if back else "incremental")
    assert planned.note == (
        f"ABC: {back} not loaded before: everything is loaded from its beginning."
        if back
        else f"ABC: left out from now on: {left_out}. What was loaded of it before stays and is not kept up."
        if left_out
        else ""
    )
    again = plan(SCOPE, replace(planned.state, watermark=NOON), state(choice=after), SyncRequest())
    assert (again.mode, again.note) == ("incremental", "")


def test_what_two_choices_of_fields_share() -> None:
    some, others = FieldChoice(frozenset("ab"), frozenset("x")), FieldChoice(frozenset("bc"), frozenset("y"))
    assert some.shared_with(others) == FieldChoice(frozenset("b"), frozenset("xy"))
    assert some.shared_with(FieldChoice()) == some
    assert FieldChoice().shared_with(FieldChoice()) == FieldChoice()


def test_a_key_in_small_letters_is_met_with_the_one_that_is_there() -> None:
    with pytest.raises(WrongUse, match=r"no project `abc`\. Did you mean `ABC`\?"):
        scopes_of(SyncRequest(projects=("abc",)), [Project(1, "ABC", None)], None)


def test_a_project_with_another_key_is_loaded_anew() -> None:
    renamed = Scope("project:10000", "NEW", "", 10000)
    asked = SyncState(SITE, "issue", renamed.name, None, Fingerprint.of("NEW", ["issue"], []).text)

    planned = plan(renamed, state(), asked, SyncRequest())

    assert (planned.mode, planned.since) == ("backfill", None)
    assert planned.note == "NEW was called ABC before: everything is loaded from its beginning."


def test_what_an_interrupted_load_and_its_rest_have_both_read() -> None:
    def asked(entities: tuple[str, ...], fields: tuple[str, ...]) -> str:
        return Fingerprint.of("ABC", entities, fields).text

    wide, narrow = ("issue", "issue_label"), ("issue",)
    both = read_by_both(asked(wide, ("a", "b")), asked(narrow, ("b", "c")))

    assert both is not None
    assert json.loads(both) == json.loads(asked(narrow, ("b",))) | {"left_out": ["a"]}
    assert read_by_both(asked(wide, ()), asked(wide, ())) == asked(wide, ())
    assert read_by_both(asked(narrow, ()), asked(wide, ())) is None
    # What was killed had read some issues' labels anew, and others' not: until when, nobody knows.
    assert Fingerprint.read(both).behind == {}
    assert read_by_both(Fingerprint.of("OLD", narrow, ()).text, asked(narrow, ())) is None
