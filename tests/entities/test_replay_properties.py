"""Random edits of a model issue, told as Jira tells them: the rows are the whole truth, whatever was edited in what order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entities.invented_issues import ANNA, BEN, issue, option
from entities.replayed import BORN_MS, CREATOR, SITE_FIELDS, Replayed, flattened, history, ms, replay, rows, told, utc
from jira_staging.entities.history import Histories
from simulated_jira.changelog_items import items_for
from simulated_jira.field_list import Field

People = st.sampled_from([None, ANNA, BEN])


def things(name: str = "name", count: int = 4) -> list[dict[str, Any]]:
    return [{"id": str(n), name: f"{name} {n}"} for n in range(1, count + 1)]


def sets(values: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), max_size=3, unique_by=str)


Spell = Callable[[Any], str]
Edited = tuple[Field, st.SearchStrategy[Any], Spell]
A, B, FRANCE = option(1, "A (9)"), option(2, "B"), option(3, "France")
SPRINTS = [{"id": n, "name": f"Sprint {n}"} for n in range(1, 5)]
# Jira's own texts have no NUL, and decoding mends those that have one.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5).filter(
    lambda text: text == text.strip()
)
NUMBERS = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
TIMES = st.integers(0, 10**6).map(lambda minutes: _jira_time(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)))


def _jira_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _id(value: dict[str, Any]) -> str:
    return str(value["id"])


def _account(value: dict[str, Any]) -> str:
    return str(value["accountId"])


def _last_id(value: dict[str, Any]) -> str:
    return str(value.get("child", value)["id"])


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def edited(id_: str, kind: str, values: st.SearchStrategy[Any], spell: Spell, *, type_: str = "string") -> dict[str, Edited]:
    """A field with the values that people give it, and how the history writes one."""
    return {id_: (Field(id_, id_, kind, type_, None, "custom" if id_.startswith("custom") else None), values, spell)}


SINGLE: dict[str, Edited] = {
    **edited("status", "status", st.sampled_from(things()), _id),
    **edited("priority", "priority", st.sampled_from([None, *things()]), _id),
    **edited("assignee", "assignee", People, _account, type_="user"),
    **edited("summary", "summary", TEXTS, str),
    **edited("duedate", "duedate", st.none() | st.dates().map(str), str),
    **edited("timeestimate", "timeestimate", st.none() | st.integers(0, 9**9), str),
    **edited("customfield_10024", "number", st.none() | NUMBERS, _number),
    **edited("customfield_10030", "select", st.sampled_from([None, A, B]), _id),
    **edited("customfield_10032", "cascading", st.sampled_from([None, A, A | {"child": FRANCE}, B]), _last_id),
    **edited("customfield_10033", "user", People, _account, type_="user"),
    **edited("customfield_10039", "datetime", st.none() | TIMES, utc),
    **edited("customfield_10040", "url", st.sampled_from([None, "a", "b", "NULL", "0"]), str),
}
MANY: dict[str, Edited] = {
    **edited("labels", "labels", sets(["a", "b", "a,b", "ü"]), str),
    **edited("components", "components", sets(things()), _id),
    **edited("versions", "versions", sets(things()), _id),
    **edited("fixVersions", "fixVersions", sets(things()), _id),
    **edited("customfield_10020", "sprint", sets(SPRINTS), _id),
    **edited("customfield_10031", "multi_select", sets([option(1, "A, B"), option(2, "]"), option(3, "")]), _id),
    **edited("customfield_10034", "multi_user", sets([ANNA, BEN]), _account),
}
EVERY = SINGLE | MANY


@dataclass
class Model:
    """An issue as people edit it: its values, what Jira wrote down, and all that ever held."""

    values: dict[str, Any]
    histories: list[dict[str, Any]] = field(default_factory=list)
    truth: dict[str, list[tuple[int, Any, str | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for field_id, value in self.values.items():
            self.truth[field_id] = [(BORN_MS, self.text(field_id, value), CREATOR)]

    def text(self, field_id: str, value: Any) -> Any:
        spell = EVERY[field_id][2]
        if field_id in MANY:
            return sorted(spell(each) for each in value)
        return None if value is None else spell(value)

    def edit(self, now: int, author: Any, edits: dict[str, Any]) -> None:
        items = []
        for field_id, value in edits.items():
            told_of = items_for(EVERY[field_id][0], self.values[field_id], value)
            self.values[field_id] = value
            if told_of:
                items += told_of
                account = author["accountId"] if author else None
                self.truth[field_id].append((now, self.text(field_id, value), account))
        if items:
            time = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds")
            self.histories.append(history(len(self.histories) + 1, time, *items, author=author))


@st.composite
def models(draw: st.DrawFn) -> Model:
    """An issue, and up to twelve edits, some in one instant, each of up to four fields."""
    model = Model({field_id: draw(values) for field_id, (_, values, _) in EVERY.items()})
    now = BORN_MS
    for _ in range(draw(st.integers(0, 12))):
        now += draw(st.sampled_from([0, 1, 1000, 86_400_000]))
        fields = draw(st.lists(st.sampled_from(list(EVERY)), max_size=4, unique=True))
        edits = {field_id: draw(EVERY[field_id][1]) for field_id in fields}
        model.edit(now, draw(People), edits)
    return model


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(models())
def test_the_rows_are_all_that_ever_held(model: Model) -> None:
    histories = flattened([issue(1, **model.values)], {1: model.histories})
    assert histories.contradictions == {}
    assert replay(histories).faults == []
    for field_id, truth in model.truth.items():
        moments = [(since, _plain(value), author) for since, value, author, _ in told(histories, field_id)]
        was_never_set = len(truth) == 1 and truth[0][1] in (None, [])
        assert moments == ([] if was_never_set else truth)


def _plain(value: Any) -> Any:
    return sorted(each for each in value if each is not None) if isinstance(value, list) else value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(models(), st.data())
def test_whatever_part_of_the_changelog_is_lost_what_holds_now_is_where_it_leads(model: Model, data: st.DataObject) -> None:
    kept = [act for act in model.histories if data.draw(st.booleans())]
    for act in kept:
        act["items"] = [item for item in act["items"] if data.draw(st.booleans())]
    data.draw(st.randoms(use_true_random=False)).shuffle(kept)
    _assert_replay_leads_to(model, flattened([issue(1, **model.values)], {1: kept}))


SCALARS = st.none() | st.text(max_size=6) | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.sampled_from([*EVERY, "resolution", "parent", "customfield_10014", "issuekey", "project", "nonsense"])
SIDES = dict.fromkeys(("from", "fromString", "to", "toString", "tmpToAccountId"), SCALARS)
FIELD_NAMES = st.sampled_from(["Key", "Parent", "IssueParentAssociation", "Epic Link", "status", ""])
SPOILED = st.fixed_dictionaries({"field": FIELD_NAMES, "fieldtype": SCALARS}, optional={"fieldId": NAMES | st.none(), **SIDES})


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    models(),
    st.lists(
        st.tuples(
            st.integers(0, 2**63) | st.integers(1_700_000_000_000, 1_800_000_000_000) | st.just("2026-02-01T00:00:00.000+0000"),
            st.lists(SPOILED | st.none(), max_size=4),
            st.sampled_from([None, BEN, {}, {"accountId": ""}]),
        ),
        max_size=6,
    ),
)
def test_no_garbage_in_a_changelog_stops_it_or_changes_what_holds_now(model: Model, garbage: list[Any]) -> None:
    acts = [
        *model.histories,
        *(history(100 + n, created, *items, author=author) for n, (created, items, author) in enumerate(garbage)),
    ]
    _assert_replay_leads_to(model, flattened([issue(1, **model.values)], {1: acts}, done_statuses=[1]))


def _assert_replay_leads_to(model: Model, histories: Histories) -> None:
    replayed: Replayed = replay(histories)
    assert replayed.faults == []
    for field_id, value in model.values.items():
        if field_id in MANY:
            assert sorted(replayed.sets.get((1, field_id), [])) == model.text(field_id, value)
        else:
            assert replayed.values.get((1, field_id)) == model.text(field_id, value)
    keys = [row for row in rows(histories, "issue_key_history") if row["valid_until"] is None]
    assert [row["key"] for row in keys] == ["PAY-1"]


def test_an_issue_without_a_time_of_creation_has_no_history_and_the_others_have_theirs() -> None:
    acts = [history(1, "2026-02-01T00:00:00.000+0000", items_for(EVERY["status"][0], things()[0], things()[1])[0])]
    histories = flattened([issue(1, created=None), issue(2, status=things()[1])], {1: acts, 2: acts})
    assert {row["issue_id"] for given in histories.rows for row in given.data.to_pylist()} == {2}
    assert {given.owners for given in histories.rows} == {(2,)}
    assert [(row.entity, row.source_id) for row in histories.rejected] == [("issue_field_history", "1")]


def test_an_act_at_no_possible_time_is_in_no_history() -> None:
    beyond = history(1, 2**60, items_for(EVERY["status"][0], things()[0], things()[1])[0])
    histories = flattened([issue(1, status=things()[0])], {1: [beyond]})
    assert told(histories, "status") == [(BORN_MS, "1", CREATOR, True)]


def test_of_a_field_that_could_not_be_read_the_last_change_is_the_last_row() -> None:
    acts = [history(1, "2026-02-01T00:00:00.000+0000", *items_for(EVERY["duedate"][0], None, "2026-03-01"))]
    histories = flattened([issue(1, duedate={"no": "day"})], {1: acts})
    assert told(histories, "duedate")[-1] == (ms("2026-02-01T00:00:00.000+0000"), "2026-03-01", BEN["accountId"], True)
    assert histories.contradictions == {}


def test_the_model_edits_fields_that_the_site_has() -> None:
    assert set(EVERY) <= {known["id"] for known in SITE_FIELDS}
