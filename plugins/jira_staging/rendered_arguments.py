"""An operator's arguments once Airflow has rendered them.

`{{ params.x }}` becomes text, and so does a list, a number or None that stands in the Param, unless the DAG renders to native
objects; then a text of digits becomes a number.
"""

import ast
from collections.abc import Iterable
from typing import get_args

from jira_staging.errors import WrongUse
from jira_staging.records import Checks, LoadStrategy, PersonalData

LONGEST_SHOWN = 80


def text_of(given: object) -> str | None:
    """A text, or None where there is none."""
    text = "" if given is None else str(given).strip()
    return None if text in ("", "None") else text


def filled(given: object, argument: str) -> str:
    """A text. Raises WrongUse where there is none."""
    text = text_of(given)
    if text is None:
        raise WrongUse(f"`{argument}` is empty: fill it in, or leave it out, where a default stands for it.")
    return text


def names_in(given: object) -> tuple[str, ...]:
    """The names in a list, in the text of one, or in a text that separates them by commas."""
    if isinstance(given, str):
        given = _listed(given.strip())
    names = given if isinstance(given, Iterable) else [given]
    return tuple(name for each in names if (name := text_of(each)) is not None)


def limit_of(given: object) -> int | None:
    """A number of issues, or None for all of them."""
    text = text_of(given)
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise WrongUse(f"`limit` is a number of issues, at least 1, or nothing; it is `{text[:LONGEST_SHOWN]}`.")
    return int(text)


def strategy_of(given: object) -> LoadStrategy:
    """A load strategy; nothing is `merge`."""
    text = text_of(given) or "merge"
    known: dict[str, LoadStrategy] = {name: name for name in get_args(LoadStrategy)}
    if text not in known:
        raise WrongUse(f"There is no load strategy `{text[:LONGEST_SHOWN]}` here: use one of {', '.join(known)}.")
    return known[text]


def checks_of(given: object) -> Checks:
    """What a failed check does; nothing is `warn`."""
    text = text_of(given) or "warn"
    known: dict[str, Checks] = {name: name for name in get_args(Checks)}
    if text not in known:
        raise WrongUse(f"`checks` is {' or '.join(known)}; it is `{text[:LONGEST_SHOWN]}`.")
    return known[text]


def personal_data_of(given: object) -> PersonalData:
    """What becomes of personal data; nothing is `keep`."""
    text = text_of(given) or "keep"
    known: dict[str, PersonalData] = {name: name for name in get_args(PersonalData)}
    if text not in known:
        raise WrongUse(f"`personal_data` is {', '.join(known)}; it is `{text[:LONGEST_SHOWN]}`.")
    return known[text]


def comment_days_of(given: object) -> int | None:
    """How many days back comments are compared: 90 where nothing is said, None for `all`."""
    text = text_of(given) or "90"
    if text == "all":
        return None
    if not text.isdecimal():
        raise WrongUse(f"`census_comments` is a number of days, or `all`; it is `{text[:LONGEST_SHOWN]}`.")
    return int(text)


def share_of(given: object, argument: str) -> float:
    """A share between 0 and 1."""
    text = text_of(given) or ""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise WrongUse(f"`{argument}` is a share between 0 and 1, such as 0.2; it is `{text[:LONGEST_SHOWN]}`.")
    return share


def truth_of(given: object, argument: str, *, otherwise: bool = False) -> bool:
    """A truth value; nothing is `otherwise`."""
    text = (text_of(given) or str(otherwise)).lower()
    if text not in ("true", "1", "yes", "false", "0", "no"):
        raise WrongUse(f"`{argument}` is true or false; it is `{text[:LONGEST_SHOWN]}`.")
    return text in ("true", "1", "yes")


def _listed(text: str) -> Iterable[object]:
    if text[:1] + text[-1:] not in ("[]", "()"):
        return text.split(",")
    try:
        items = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise WrongUse(f"`{text[:LONGEST_SHOWN]}` looks like a list, but cannot be read as one.") from None
    return items if isinstance(items, list | tuple) else [items]
