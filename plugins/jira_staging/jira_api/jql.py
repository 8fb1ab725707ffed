"""JQL, built from parts: each kind of input is quoted by one function, and a user's own JQL stays inside its parentheses."""

import re
from collections.abc import Iterable, Iterator

from jira_staging.errors import WrongUse

# Edits move neither, so a page token walks over a list that stands still; the key makes equal instants distinct.
ORDER = "ORDER BY created ASC, key ASC"

# What is edited while a search goes on moves to its end, where the search has not been.
ORDER_OF_UPDATES = "ORDER BY updated ASC, key ASC"

# No issue is older. Jira refuses a search that nothing restricts, and a scope given as JQL may restrict nothing.
SINCE_EVER = 'created >= "1970-01-02"'

# Jira documents no limit for a posted JQL, but its own links carry it in a URL, where servers and proxies stop at 8 KB;
# 7,000 characters stay below that, and hold about 500 projects.
LONGEST_JQL = 7_000

PROJECT_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")


def quoted_value(value: str) -> str:
    """`value` as a JQL string, whatever is in it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'


def quoted_project(key: str) -> str:
    """A project's key as JQL takes it: always in quotes, since `AND` and `TO` are keys too."""
    if not PROJECT_KEY.fullmatch(key):
        raise WrongUse(f"{key[:80]!r} is not a project's key: a letter, then letters, digits and underscores.")
    return f'"{key}"'


def projects_in(keys: Iterable[str]) -> str:
    """The JQL that selects these projects."""
    return f"project in ({','.join(map(quoted_project, keys))})"


def split_projects(keys: Iterable[str], *, longest: int = LONGEST_JQL) -> Iterator[list[str]]:
    """`keys` in groups whose search, bounded and ordered, has at most `longest` characters."""
    frame = len(bounded(projects_in([]), 10**13))
    group: list[str] = []
    length = frame
    for key in keys:
        addition = len(quoted_project(key)) + 1
        if group and length + addition > longest:
            yield group
            group, length = [], frame
        group.append(key)
        length += addition
    if group:
        yield group


def bounded(scope_jql: str, updated_since_ms: int | None, order: str = ORDER) -> str:
    """The search for a scope's issues that were updated since an instant (epoch milliseconds), or for all of them.

    Unquoted milliseconds mean the same in every time zone; a date literal is read in the account's.
    """
    restriction = SINCE_EVER if updated_since_ms is None else f"updated >= {max(updated_since_ms, 1)}"
    return f"({scope_jql}) AND {restriction} {order}"


def checked_jql(jql: str) -> str:
    """A user's JQL, fit to stand in parentheses; WrongUse for an ORDER BY of its own, or quotes and parentheses left open."""
    text = jql.strip()
    if not text:
        raise WrongUse("The JQL is empty: leave it out to load whole projects, or write a restriction.")
    bare = _outside_quotes(text)
    if re.search(r"\border\s+by\b", bare, re.IGNORECASE):
        raise WrongUse(f"The JQL brings its own ORDER BY: remove it; a sweep needs its own order ({ORDER}).")
    depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth != 0:
        raise WrongUse(f"The parentheses of the JQL do not match: {text[:200]!r}.")
    return text


def _outside_quotes(jql: str) -> str:
    """`jql` with each quoted string replaced by a space."""
    kept: list[str] = []
    quote = ""
    signs = iter(jql)
    for sign in signs:
        if sign == "\\":
            next(signs, "")
        elif quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
            kept.append(" ")
        else:
            kept.append(sign)
    if quote:
        raise WrongUse(f"A quoted text in the JQL does not end: {jql[:200]!r}.")
    return "".join(kept)
