"""How a chart asks: of which projects, of which days, in which warehouse's words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from jira_staging.errors import WrongUse
from jira_staging.staging.views import Spelling

SCHEMA = "reporting"
DEFAULT_DAYS = 90
# Longer periods are told by weeks: a screen has no room for more, and a browser no use.
MOST_DAYS_ONE_BY_ONE = 100
LONGEST_DAYS = 36_525
_KEY = re.compile(r"\w{1,255}")


@dataclass(frozen=True)
class Selection:
    """What somebody wants to see: keys of projects (none: all), and the last so many days or those since a day."""

    projects: tuple[str, ...] = ()
    days: int = DEFAULT_DAYS
    since: date | None = None

    def __post_init__(self) -> None:
        """Refuse what no SQL may hold."""
        if wrong := [key for key in self.projects if not _KEY.fullmatch(key)]:
            raise WrongUse(f"A project's key is made of letters, digits and underscores; {len(wrong)} of those given are not.")
        if not 1 <= self.days <= LONGEST_DAYS:
            raise WrongUse(f"A period has 1 to {LONGEST_DAYS} days.")


@dataclass(frozen=True)
class Told:
    """The words of one question: the views' names, the period's literals, the test for the projects."""

    spelling: Spelling
    selection: Selection
    first: date
    last: date

    @property
    def beginning(self) -> str:
        """The period's first day."""
        return f"DATE '{self.first.isoformat()}'"

    @property
    def by_day(self) -> bool:
        """Whether each day is told; else weeks are."""
        return (self.last - self.first).days <= MOST_DAYS_ONE_BY_ONE

    def view(self, name: str) -> str:
        """A reporting view's full name."""
        return self.spelling.view(SCHEMA, name)

    def of_projects(self, column: str) -> str:
        """A test to stand behind WHERE: ` AND …`, or nothing where all projects are asked for."""
        if not self.selection.projects:
            return ""
        return f" AND {column} IN ({', '.join(self.spelling.dialect.text(key) for key in self.selection.projects)})"

    def weekday(self, column: str) -> str:
        """Days since the Monday before."""
        return f"mod({column} - DATE '1970-01-05', 7)"


def told_by(spelling: Spelling, selection: Selection, as_of_date: date) -> Told:
    """The words for a selection, when the tables are complete up to a day."""
    return Told(spelling, selection, selection.since or as_of_date - timedelta(days=selection.days - 1), as_of_date)


@dataclass(frozen=True)
class Chart:
    """One chart: the columns of its query by name, and what to say where that gives no rows."""

    name: str
    title: str
    meaning: str
    columns: tuple[str, ...]
    empty: str
    query: Callable[[Told], str]
