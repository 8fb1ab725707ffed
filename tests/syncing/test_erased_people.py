"""People whom Jira erased or anonymised: after the next run nothing of them is in the database but what people wrote."""

from collections.abc import Callable

import pytest

from jira_staging.records import Report
from jira_staging.staging import newly_erased
from jira_staging.staging.erased_people import FORMER
from jira_staging.staging.overwriting import Rewriter
from jira_staging.staging.personal_data import PersonalDataGuard
from simulated_jira import SimulatedJira
from simulated_jira.people import User
from syncing.bench import Bench
from syncing.whole_database import WRITTEN, names_beside, places, rich_site, rows_without, with_address

MOVED = ("changelog_item", "issue", "issue_field_history", "user", "group_member", "comment", "_raw_issue")


def assignees(bench: Bench) -> list[User]:
    """People whom a changelog names, none of whom is erased."""
    rows = bench.query("SELECT DISTINCT to_value FROM jira.changelog_item WHERE field_id = 'assignee' AND to_value IS NOT NULL")
    ids = {account_id for (account_id,) in rows}
    return [user for user in bench.jira.site.people[1:] if user.account_id in ids and user.name != FORMER]


def told(report: Report) -> list[str]:
    return [note for note in report.notes if "erased" in note]


def test_an_erased_person_is_overwritten_everywhere_and_nobody_else_is(somewhere: Callable[[SimulatedJira], Bench]) -> None:
    with rich_site() as jira:
        bench, person = somewhere(jira), with_address(jira)
        namesake = next(user for user in jira.site.people if user.active and user is not person and user.email is None)
        jira.change.change_user(namesake.account_id, name=person.name)
        name, email, account_id = person.name, str(person.email), person.account_id
        bench.sync(raw=True)
        assert places(bench, [email])[email] == {"user.email", "_raw_issue.payload", "_raw_issue.beside"}
        before = rows_without(bench, [account_id], *MOVED)
        ids = places(bench, [account_id])[account_id]

        jira.change.erase_user(account_id)
        (note,) = told(bench.sync(raw=True))

        assert note.startswith("Jira has erased 1 of the people that the tables named: overwritten rows: ")
        assert rows_without(bench, [account_id], *MOVED) == before
        assert_gone(bench, name, email, namesake.account_id)
        assert names_beside(bench, account_id) == {FORMER}
        assert places(bench, [account_id])[account_id] == ids
        # Jira's changelogs tell the old name for ever, and a full load reads them all.
        again = bench.sync(raw=True, full=True)
        assert told(again) == []
        assert_gone(bench, name, email, namesake.account_id)
        assert names_beside(bench, account_id) == {FORMER}


def assert_gone(bench: Bench, name: str, email: str, namesake: str) -> None:
    """The name stands in texts that people wrote alone, and with whoever else is called so."""
    found = places(bench, [name, email])
    assert found[email] == set()
    # The namesake stands beside another id.
    of_namesake = {"user.name", "_raw_issue.payload", "_raw_issue.beside", "changelog_item.from_text", "changelog_item.to_text"}
    assert found[name] - WRITTEN <= of_namesake
    assert bench.query(f"SELECT id FROM jira.\"user\" WHERE name = '{name}'") == [(namesake,)]


def test_a_night_on_which_nobody_was_erased_looks_through_no_table(monkeypatch: pytest.MonkeyPatch, loaded: Bench) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody was erased")

    monkeypatch.setattr(Rewriter, "overwrite", refuse)
    report = loaded.sync()
    # Data Center has no such list: whoever is deleted there and still named is asked for, two people on this site.
    deleted = 2 if loaded.jira.service.is_data_center else 0
    assert (told(report), loaded.heard.count("/user/bulk"), loaded.heard.count("/user")) == ([], 0, deleted)


def test_whoever_an_issue_shows_as_erased_is_overwritten_where_the_directory_may_not_be_read(loaded: Bench) -> None:
    jira, person = loaded.jira, with_address(loaded.jira)
    email = str(person.email)
    ((key,),) = loaded.query(f"SELECT key FROM jira.issue WHERE creator_id = '{person.account_id}' LIMIT 1")
    jira.change.erase_user(person.account_id)
    jira.change.comment(key, "Once more.")
    jira.clock.advance(3600)
    assert len(told(loaded.sync(entities=("issue", "changelog_item", "comment")))) == 0
    jira.faults.add("server_error", "users/search", status=403)
    (note,) = told(loaded.sync(entities=("issue", "user", "changelog_item", "comment"), full=True))
    assert "of the people that the tables named" in note
    assert places(loaded, [email]) == {email: set()}


def test_many_at_once_are_doubted_until_a_full_load_says_so(loaded: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newly_erased, "BELIEVED", 2)
    people = [user for user in loaded.jira.site.people if user.active and user.account_type == "atlassian"][1:9]
    before = loaded.query('SELECT id, name, email FROM jira."user" ORDER BY id')
    for user in people:
        loaded.jira.change.erase_user(user.account_id)

    doubting = loaded.sync()
    (wrong,) = doubting.failed_checks
    assert wrong.startswith(f"Jira calls {len(people)} of {len(before)} people former users at once")
    assert loaded.query('SELECT id, name, email FROM jira."user" ORDER BY id') == before
    (note,) = told(loaded.sync(full=True))
    assert note.startswith(f"Jira has erased {len(people)} of the people")
    assert loaded.sync().failed_checks == []


@pytest.mark.parametrize("flavour", ["data_center"], indirect=True)
def test_whoever_a_data_center_anonymised_or_deleted_is_overwritten(loaded: Bench) -> None:
    change, (first, second) = loaded.jira.change, assignees(loaded)[:2]
    names = {first.account_id: first.name, second.account_id: second.name}
    assert all(names_beside(loaded, person_id) for person_id in names)
    change.change_user(first.account_id, name="user-2127b", email="user@jira.invalid", active=False)
    loaded.jira.site.people = [user for user in loaded.jira.site.people if user is not second]

    (note,) = told(loaded.sync())
    assert note.startswith("Jira has erased 2 of the people")
    assert names_beside(loaded, first.account_id) | names_beside(loaded, second.account_id) == {FORMER}
    found = places(loaded, list(names.values()))
    assert all(found[name] <= WRITTEN for name in names.values())
    assert told(loaded.sync()) == []


@pytest.mark.cloud_only("An issue of a Data Center goes on to show whoever was deleted there.")
@pytest.mark.parametrize(("on_issues", "is_erased"), [("as before", False), ("as erased", True), ("nowhere", True)])
def test_whom_jira_does_not_know_is_erased_unless_an_issue_shows_them(loaded: Bench, on_issues: str, is_erased: bool) -> None:
    person = with_address(loaded.jira)
    person_id, name = person.account_id, person.name
    if on_issues == "nowhere":
        person_id = "5fffffffffffffffffffffff"
        stored = f"SELECT * REPLACE ('{person_id}' AS id) FROM jira.\"user\" WHERE id = '{person.account_id}'"
        loaded.write(f'INSERT INTO jira."user" {stored}')
    if on_issues == "as erased":
        loaded.jira.change.erase_user(person_id)
    loaded.jira.site.people = [user for user in loaded.jira.site.people if user.account_id != person_id]

    report = loaded.sync()

    assert loaded.heard.count("/user") == 1
    assert len(told(report)) == int(is_erased)
    assert loaded.query(f"SELECT name FROM jira.\"user\" WHERE id = '{person_id}'") == [(FORMER if is_erased else name,)]


def test_hashes_of_an_erased_name_go_too_and_once(bench: Bench) -> None:
    bench.guard = PersonalDataGuard(b"a key of thirty-two characters..")
    bench.sync()
    person = assignees(bench)[0]
    hashed = bench.guard.shown(person.name)
    assert names_beside(bench, person.account_id) == {hashed}
    bench.jira.change.erase_user(person.account_id)
    assert len(told(bench.sync())) == 1
    assert places(bench, [str(hashed)])[str(hashed)] == set()
    assert told(bench.sync(full=True)) == []


def test_whoever_was_taken_for_erased_comes_back_with_the_directory(loaded: Bench) -> None:
    person = with_address(loaded.jira)
    before = (person.name, person.email)
    loaded.jira.change.erase_user(person.account_id)
    loaded.sync()
    loaded.jira.change.change_user(person.account_id, name=before[0], email=before[1], active=True)
    loaded.sync()
    assert loaded.query(f"SELECT name, email FROM jira.\"user\" WHERE id = '{person.account_id}'") == [before]


@pytest.mark.parametrize("somewhere", ["postgres"], indirect=True)
def test_every_version_that_was_appended_is_overwritten_and_stays_a_version(
    somewhere: Callable[[SimulatedJira], Bench],
) -> None:
    with rich_site() as jira:
        bench, versions = somewhere(jira), 'SELECT id, _run_id FROM jira."user" ORDER BY 1, 2'
        bench.entities = ("issue", "user", "changelog_item")
        bench.sync(load_strategy="append")
        bench.sync(load_strategy="append")
        person, before = assignees(bench)[0], bench.query(versions)
        jira.change.erase_user(person.account_id)
        report = bench.sync(load_strategy="append")
        assert len(told(report)) == 1
        assert names_beside(bench, person.account_id) == {FORMER}
        assert [row for row in bench.query(versions) if row[1] != report.run.run_id] == before
