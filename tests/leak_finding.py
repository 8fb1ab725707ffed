"""Where a token may show itself: in an error with everything behind it, down to the variables of every frame."""

import base64
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

from jira_staging.records import ApiToken

TESTS = Path(__file__).parent


def shown_with_variables(error: BaseException) -> str:
    """All that the most talkative of loggers would print of an error: its chain, and each frame with its variables.

    Without the frames of the tests themselves, which know the token.
    """
    shown = []
    for link in chain(error):
        frames = [
            pair for pair in traceback.walk_tb(link.__traceback__) if TESTS not in Path(pair[0].f_code.co_filename).parents
        ]
        shown += [repr(link), str(link), *traceback.StackSummary.extract(iter(frames), capture_locals=True).format()]
    return "\n".join(shown)


def repr_of_all_inside(thing: object) -> str:
    """The repr of an object of ours, and of each one that it holds, however deep."""
    shown: list[str] = []
    seen: set[int] = set()
    waiting = [thing]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, dict):
            waiting += [*found.keys(), *found.values()]
        elif isinstance(found, list | tuple | set | frozenset):
            waiting += found
        elif type(found).__module__.startswith("jira_staging"):
            shown += [repr(found), str(found)]
            waiting += vars(found).values() if hasattr(found, "__dict__") else []
    return "\n".join(shown)


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that stand behind it, those that `from None` hides too."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is not None and link not in found:
            found.append(link)
            waiting += [link.__cause__, link.__context__]
            yield link


def spellings(token: ApiToken) -> set[str]:
    """The token, its pair in base64, and each half of both: a part of a token is enough to guess the rest of."""
    pair = base64.b64encode(f"{token.account}:{token.value}".encode()).decode()
    return {half for text in (token.value, pair) for half in (text[: len(text) // 2], text[len(text) // 2 :])}


def leaks(shown: str, tokens: Iterable[ApiToken]) -> list[str]:
    """The spellings of these tokens that a text holds."""
    return [spelling for token in tokens for spelling in spellings(token) if spelling in shown]
