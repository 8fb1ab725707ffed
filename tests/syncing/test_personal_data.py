"""Personal data hidden or dropped: nothing of it is anywhere in the database, and the tables still hang together."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jira_staging.errors import WrongUse
from jira_staging.staging.personal_data import PersonalDataGuard, guard_for
from simulated_jira import SimulatedJira, lives
from simulated_jira.rendering import Renderer
from simulated_jira.rich_text import plain_text
from simulated_jira.selection import selection_of
from syncing.bench import RICH, Bench, Flavour, counts

KEY = b"a key of thirty-two characters.."
DROP, HASH = PersonalDataGuard(), PersonalDataGuard(KEY)


@pytest.fixture
def rich(tmp_path: Path, flavour: Flavour) -> Iterator[Bench]:
    """60 issues with every kind of custom field, and no file yet."""
    with SimulatedJira(60, projects=3, seed=5, settings=replace(RICH, flavour=flavour)) as jira:
        bench = Bench(jira, tmp_path / "staging.duckdb")
        yield bench
        bench.release()


def personal_values(bench: Bench) -> set[str]:
    """Names and addresses of people, and what they wrote: of long texts the first words, which Markdown leaves as they are."""
    site = bench.jira.site
    values = {text for user in site.people for text in (user.name, user.email) if text}
    renderer = Renderer(site, selection_of(site, ["*all"]))
    written = [field.id for field in site.fields if field.kind in ("text", "textarea")]
    for issue in site.issues.values():
        fields = json.loads(renderer.issue(issue, b""))["fields"]
        documents = [fields["summary"], fields["description"], *(fields.get(name) for name in written)]
        documents += [json.loads(comment.body) for comment in lives.comments(site, issue)]
        for document in documents:
            text = plain_text(document) if isinstance(document, dict) else document or ""
            values |= {line[:30] for line in text.splitlines()}
    # A word or two may be the name of something else.
    return {value for value in values if len(value) > 12 or "@" in value or value in {user.name for user in site.people}}


def texts(bench: Bench) -> Iterator[tuple[str, str]]:
    """Every text and JSON of every table, with where it stands."""
    columns = bench.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'jira' "
        "AND data_type IN ('VARCHAR', 'JSON') AND table_name IN (SELECT table_name FROM duckdb_tables)"
    )
    for table, column in columns:
        for (value,) in bench.query(f'SELECT DISTINCT "{column}" FROM jira."{table}" WHERE "{column}" IS NOT NULL'):
            yield f"{table}.{column}", str(value)


def found(bench: Bench) -> set[tuple[str, str]]:
    """Where which personal value stands."""
    values = personal_values(bench)
    assert len(values) > 100
    return {(place, value) for place, text in texts(bench) for value in values if value in text}


def test_kept_data_is_found_by_this_very_search(rich: Bench) -> None:
    rich.sync()
    places = {place for place, _ in found(rich)}
    assert {"user.name", "user.email", "issue.summary", "comment.body", "changelog_item.to_text"} <= places


@pytest.mark.parametrize("guard", [DROP, HASH], ids=["drop", "hash"])
def test_nothing_personal_is_anywhere_in_the_database(rich: Bench, guard: PersonalDataGuard) -> None:
    rich.guard = guard
    rich.sync()
    rich.jira.change.comment("PAY-1", "My name is Jonathan Livingston.")
    rich.jira.change.edit("PAY-2", {"summary": "Call Jonathan Livingston back"})
    rich.jira.clock.advance(3600)
    rich.sync()
    rich.census()
    assert found(rich) == set()
    assert not any("Livingston" in text for _, text in texts(rich))


def test_hashes_join_as_the_values_did_and_histories_keep_what_is_no_text(rich: Bench) -> None:
    plain = Bench(rich.jira, rich.path.with_name("plain.duckdb"))
    plain.sync()
    rich.guard = HASH
    rich.sync()
    for sql in (
        "SELECT count(*), count(summary), count(DISTINCT summary), count(description), count(assignee_id) FROM jira.issue",
        'SELECT count(*), count(name), count(DISTINCT name) FROM jira."user"',
        'SELECT i.key, u.id FROM jira.issue AS i JOIN jira."user" AS u ON u.id = i.assignee_id ORDER BY 1',
        "SELECT issue_id, value FROM jira.issue_field_history WHERE field_id IN ('status', 'assignee') ORDER BY ALL",
        "SELECT from_value, to_value FROM jira.changelog_item WHERE field_id IN ('assignee', 'status') ORDER BY ALL",
        "SELECT count(*), count(value), count(DISTINCT value) FROM jira.issue_field_history WHERE field_id = 'summary'",
        "SELECT issue_id, field_id, value FROM jira.issue_multiselect_history WHERE field_id = 'components' ORDER BY ALL",
    ):
        assert rich.query(sql) == plain.query(sql), sql
    plain.release()


def test_what_did_not_change_is_not_written_again(rich: Bench) -> None:
    rich.guard = HASH
    rich.sync()
    again = counts(rich.sync(full=True), "issue")
    assert again == {"read": again["read"], "unchanged": again["read"]}


def test_a_schema_stays_as_its_first_load_was(rich: Bench) -> None:
    rich.sync(entities=("priority",))
    rich.guard = DROP
    with pytest.raises(WrongUse, match="was loaded with personal_data=keep, this run says drop"):
        rich.sync(entities=("priority",))

    hidden = Bench(rich.jira, rich.path.with_name("hidden.duckdb"), guard=HASH)
    hidden.sync(entities=("priority",))
    hidden.guard = PersonalDataGuard(KEY + b"!")
    with pytest.raises(WrongUse, match="loaded with personal_data=hash, this run says hash with another key"):
        hidden.sync(entities=("priority",))
    hidden.guard = None
    with pytest.raises(WrongUse, match="loaded with personal_data=hash, this run says keep"):
        hidden.census()
    hidden.release()


def test_raw_answers_are_refused_where_personal_data_is_hidden(rich: Bench) -> None:
    rich.guard = DROP
    with pytest.raises(WrongUse, match="`raw` keeps what Jira answers"):
        rich.sync(raw=True)


def test_a_hash_needs_a_key_that_nobody_guesses() -> None:
    assert guard_for("keep", None) is None
    assert guard_for("drop", None) == DROP
    assert guard_for("hash", KEY.decode()) == HASH
    with pytest.raises(WrongUse, match="needs `personal_data_key`"):
        guard_for("hash", None)
    with pytest.raises(WrongUse, match="has 6 characters: make a random one of 16 or more"):
        guard_for("hash", "secret")


def test_a_guards_key_is_in_no_representation() -> None:
    assert "thirty" not in repr(HASH)
    assert KEY.hex() not in repr(HASH)


def test_what_stays_when_a_worklog_is_deleted_is_not_hashed_again(rich: Bench) -> None:
    rich.guard = HASH
    first, second = (rich.jira.change.log_work("PAY-2", 3_600, "the same words") for _ in range(2))
    rich.jira.clock.advance(3_600)
    rich.sync()
    rich.jira.clock.advance(48 * 3_600)
    rich.sync()
    issue = rich.jira.site.issue("PAY-2")
    updated = issue.updated_ms
    rich.jira.change.delete_work(first)
    issue.updated_ms = updated  # Jira tells of it in its list of deleted worklogs only
    rich.jira.site.changed()
    rich.jira.clock.advance(600)

    report = rich.sync()

    told = rich.query(f"SELECT id, comment, _deleted_reason FROM jira.worklog WHERE id IN ({first}, {second}) ORDER BY id")
    assert told == [(first, HASH.shown("the same words"), "deleted"), (second, HASH.shown("the same words"), None)]
    assert counts(report, "worklog")["deleted"] == 1
    assert "updated" not in counts(report, "worklog")
