"""People who were forgotten: nothing that is theirs is in the database, and no later load brings it back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jira_staging.command_line.entrance import main
from jira_staging.errors import WrongUse
from jira_staging.forgetting import ForgetRequest, Forgotten, count_rows_of, forget
from jira_staging.staging.erased_people import FORMER, forgotten, person_hash
from simulated_jira import SimulatedJira
from syncing.bench import Bench, Flavour
from syncing.whole_database import WRITTEN, names_beside, places, rich_site, rows_without, texts, with_address

KEY = b"a key of thirty-two characters.."
TABLES = ("changelog_item", "issue", "issue_field_history", "user", "group_member", "comment", "_raw_issue", "issue_watcher")


def forgets(bench: Bench, *ids: str, with_text: bool = False, only_count: bool = False) -> Forgotten:
    request = ForgetRequest(ids, KEY, with_text)
    bench.people_key = KEY
    return (count_rows_of if only_count else forget)(bench.staging, request, bench.new_report())


def new_id(account_id: str) -> str:
    return forgotten(person_hash(KEY, account_id), with_text=False).id


@pytest.mark.parametrize(
    ("somewhere", "flavour"), [("duckdb", "cloud"), ("duckdb", "data_center"), ("postgres", "cloud")], indirect=["somewhere"]
)
def test_a_forgotten_person_is_nowhere_and_stays_away(somewhere: Callable[[SimulatedJira], Bench], flavour: Flavour) -> None:
    with rich_site(flavour) as jira:
        bench, person = somewhere(jira), with_address(jira)
        bench.entities = ("issues", "history", "people", "fields", "issue_watcher", "projects", "request_participant")
        account_id, name, email = person.account_id, person.name, str(person.email)
        bench.sync(raw=True)
        before, stood = rows_without(bench, [account_id], *TABLES), places(bench, [account_id])[account_id]
        counted = forgets(bench, account_id, only_count=True)
        assert rows_without(bench, [account_id], *TABLES) == before
        assert names_beside(bench, account_id) == {name}

        done = forgets(bench, account_id)

        assert (done.rows, done.not_found) == (counted.rows, 0)
        assert_away(bench, account_id, name, email)
        assert rows_without(bench, [new_id(account_id)], *TABLES) == before
        assert places(bench, [new_id(account_id)])[new_id(account_id)] == stood
        assert bench.query(f"SELECT name, email FROM jira.\"user\" WHERE id = '{new_id(account_id)}'") == [(FORMER, None)]
        # A night that meets them again, and a load of everything.
        issue = next(iter(jira.site.issues.values()))
        jira.change.edit(issue.key, {"assignee": account_id})
        jira.clock.advance(3600)
        bench.sync(raw=True)
        assert_away(bench, account_id, name, email)
        assert bench.query(f"SELECT assignee_id FROM jira.issue WHERE id = {issue.id}") == [(new_id(account_id),)]
        bench.sync(raw=True, full=True)
        bench.census()
        assert_away(bench, account_id, name, email)
        assert forgets(bench, account_id).rows == {}


def assert_away(bench: Bench, account_id: str, name: str, email: str) -> None:
    found = places(bench, [account_id, name, email])
    assert (found[account_id], found[email]) == (set(), set())
    # Payloads hold what people wrote, too: a mention is a part of it, and is gone there all the same.
    assert found[name] <= WRITTEN | {"_raw_issue.payload", "_raw_issue.beside"}


@pytest.mark.parametrize("somewhere", ["duckdb", "postgres"], indirect=True)
@pytest.mark.parametrize("by_jira", [False, True])
def test_nobody_stays_in_the_json_of_a_history(somewhere: Callable[[SimulatedJira], Bench], by_jira: bool) -> None:
    with rich_site(with_desk=True) as jira:
        bench = somewhere(jira)
        bench.entities = ("issues", "history", "people", "fields")
        bench.sync()
        shown = "\n".join(text for place, text in texts(bench) if place == "issue_field_history.value")
        person = next(user for user in jira.site.people[1:] if user.active and user.email and user.email in shown)
        account_id, name, email = person.account_id, person.name, str(person.email)
        if by_jira:
            jira.change.erase_user(account_id)
            bench.sync()
        else:
            forgets(bench, account_id)
            assert_away(bench, account_id, name, email)
        assert places(bench, [email])[email] == set()
        assert not any(f'"{name}"' in text for place, text in texts(bench) if place == "issue_field_history.value")


def test_an_id_that_stands_nowhere_forgets_nobody_and_asks_for_no_key(loaded: Bench) -> None:
    account_id = with_address(loaded.jira).account_id
    for ids in (("5b10ac8d82e05b22cc7d4e00",), (account_id, account_id[:-1])):
        with pytest.raises(WrongUse, match=f"the id given as number {len(ids)} stands in no table"):
            forgets(loaded, *ids)
    assert loaded.rows("_forgotten_person") == []
    forgets(loaded, account_id)
    loaded.write(f"DELETE FROM jira.\"user\" WHERE id = '{new_id(account_id)}'")
    forgets(loaded, account_id)


def test_what_they_wrote_goes_with_text_alone_and_stays_away(loaded: Bench) -> None:
    ((account_id, wrote),) = loaded.query(
        "SELECT author_id, count(body) FROM jira.comment GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"
    )
    texts = "SELECT count(body), count(*) FROM jira.comment WHERE author_id = "
    forgets(loaded, account_id)
    assert loaded.query(f"{texts}'{new_id(account_id)}'") == [(wrote, wrote)]
    done = forgets(loaded, account_id, with_text=True)
    assert done.rows["comment"] == wrote
    assert loaded.query(f"{texts}'{new_id(account_id)}'") == [(0, wrote)]
    forgets(loaded, account_id)
    loaded.sync(full=True)
    assert loaded.query(f"{texts}'{new_id(account_id)}'") == [(0, wrote)]


def test_whoever_was_forgotten_is_so_when_jira_erases_them_later(loaded: Bench) -> None:
    person = with_address(loaded.jira)
    forgets(loaded, person.account_id, with_text=True)
    loaded.jira.change.erase_user(person.account_id)
    loaded.jira.clock.advance(3600)
    loaded.sync(full=True)
    assert places(loaded, [person.account_id])[person.account_id] == set()
    assert loaded.query(f"SELECT count(body) FROM jira.comment WHERE author_id = '{new_id(person.account_id)}'") == [(0,)]


def test_no_later_load_goes_without_the_key(loaded: Bench) -> None:
    forgets(loaded, with_address(loaded.jira).account_id)
    for key, words in ((None, "known by a key alone"), (KEY + b"!", "another key than the one by which people were forgotten")):
        loaded.people_key = key
        with pytest.raises(WrongUse, match=words):
            loaded.sync()
        with pytest.raises(WrongUse, match=words):
            loaded.census()


def test_a_shell_counts_forgets_and_tells_without_repeating_an_id(
    loaded: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account_id = with_address(loaded.jira).account_id
    (tmp_path / "privacy.yaml").write_text("name: privacy\nbackend: environment\nsecret_name: PRIVACY_KEY\n")
    monkeypatch.setenv("PRIVACY_KEY", KEY.decode())
    loaded.release()
    words = [
        "--destination",
        f"duckdb:{loaded.path}",
        "--personal-data-key",
        "privacy",
        "--definitions",
        str(tmp_path),
        "--json",
    ]

    def told(*more: str) -> dict[str, object]:
        assert main(["forget", "--account-id", account_id, *words, *more]) == 0
        shown = capsys.readouterr()
        assert account_id not in shown.out + shown.err
        values: dict[str, object] = json.loads(shown.out)
        return values

    counted, done, again = told("--dry-run", "--account-id", "nobody"), told(), told()
    assert (counted["run_id"], counted["people"], counted["not_found"], counted["rows"]) == (None, 2, 1, done["rows"])
    assert (again["rows"], again["not_found"]) == ({}, 0)
    audit = f"SELECT entity, mode, rows_updated FROM jira._sync_run WHERE run_id = '{done['run_id']}' ORDER BY 1"
    assert loaded.query(audit) == sorted((table, "forget", rows) for table, rows in dict(done["rows"]).items())  # type: ignore[call-overload]
    assert [row["key_stamp"] for row in loaded.rows("_forgotten_person")] != []
    assert (
        main(["forget", "--account-id", account_id, *words[:2], "--personal-data-key", "none", "--definitions", str(tmp_path)])
        == 2
    )
