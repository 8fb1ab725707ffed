"""Errors that leave behind where they were raised: the variables there hold what a vault gave."""

from collections.abc import Callable
from typing import TypeVar

from jira_staging.errors import JiraStagingError

T = TypeVar("T")


def bare(work: Callable[[], T]) -> T:
    """What `work` gives. Its errors, and those behind them, come without the frames that they were raised in.

    A traceback is printed by more than us, some with every variable (Sentry, `rich`, pytest), and a secret's text has no
    repr to hide behind before it is a token.
    """
    try:
        return work()
    except JiraStagingError as error:
        told = error
    link: BaseException | None = told
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    raise told
