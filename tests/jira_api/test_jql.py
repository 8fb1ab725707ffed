"""JQL, built and quoted."""

import pytest

from jira_staging.errors import WrongUse
from jira_staging.jira_api.jql import (
    LONGEST_JQL,
    bounded,
    checked_jql,
    projects_in,
    quoted_project,
    quoted_value,
    split_projects,
)


def test_a_search_is_bounded_by_an_instant_and_keeps_its_order() -> None:
    assert bounded(projects_in(["AND", "TO"]), 1732877091000) == (
        '(project in ("AND","TO")) AND updated >= 1732877091000 ORDER BY created ASC, key ASC'
    )


def test_a_first_search_is_bounded_by_a_day_before_all_issues() -> None:
    assert bounded("assignee = currentUser()", None) == (
        '(assignee = currentUser()) AND created >= "1970-01-02" ORDER BY created ASC, key ASC'
    )


def test_an_instant_before_1970_does_not_become_a_relative_date() -> None:
    assert bounded("project = A", -5) == "(project = A) AND updated >= 1 ORDER BY created ASC, key ASC"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("plain", '"plain"'),
        ('"x" OR 1=1', '"\\"x\\" OR 1=1"'),
        ("back\\slash", '"back\\\\slash"'),
        ("line\nbreak\x00", '"line\\u000abreak\\u0000"'),
        ("it's", '"it\'s"'),
        ("日本", '"日本"'),
    ],
)
def test_a_value_is_quoted_whatever_is_in_it(value: str, quoted: str) -> None:
    assert quoted_value(value) == quoted


@pytest.mark.parametrize("key", ['"x" OR 1=1', "A) OR (project = B", "", "1A", "A-B", "A B", "Ä", "A\n", "A" * 256])
def test_what_is_no_project_key_is_refused(key: str) -> None:
    with pytest.raises(WrongUse) as refused:
        quoted_project(key)
    assert str(refused.value) == f"{key[:80]!r} is not a project's key: a letter, then letters, digits and underscores."


def test_projects_are_split_so_that_each_search_keeps_within_the_length() -> None:
    keys = [f"PROJ{number}" for number in range(2000)]
    groups = list(split_projects(keys))
    assert [key for group in groups for key in group] == keys
    lengths = [len(bounded(projects_in(group), 1732877091000)) for group in groups]
    assert max(lengths) <= LONGEST_JQL
    assert min(lengths[:-1]) > LONGEST_JQL - 20
    assert list(split_projects([])) == []


@pytest.mark.parametrize(
    "jql",
    [
        "project = A",
        "summary ~ 'order by me'",
        'summary ~ "x) order by"',
        'cf[1] = "a\\" ORDER BY b"',
        "(a = 1) OR (b = 2)",
        "order = 1 AND by = 2",
    ],
)
def test_a_users_jql_may_hold_anything_that_stays_inside_its_parentheses(jql: str) -> None:
    assert checked_jql(f"  {jql} ") == jql


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        (
            "project = A order   by key",
            "The JQL brings its own ORDER BY: remove it; a sweep needs its own order (ORDER BY created ASC, key ASC).",
        ),
        (
            "ORDER BY key",
            "The JQL brings its own ORDER BY: remove it; a sweep needs its own order (ORDER BY created ASC, key ASC).",
        ),
        (
            "summary ~ 'a' ORDER\nBY key",
            "The JQL brings its own ORDER BY: remove it; a sweep needs its own order (ORDER BY created ASC, key ASC).",
        ),
        ("a = 1) OR (b = 2", "The parentheses of the JQL do not match: 'a = 1) OR (b = 2'."),
        ("(a = 1", "The parentheses of the JQL do not match: '(a = 1'."),
        ('summary ~ "open', "A quoted text in the JQL does not end: 'summary ~ \"open'."),
        ("  ", "The JQL is empty: leave it out to load whole projects, or write a restriction."),
    ],
)
def test_a_jql_that_would_break_the_search_around_it_is_refused(jql: str, says: str) -> None:
    with pytest.raises(WrongUse) as refused:
        checked_jql(jql)
    assert str(refused.value) == says
