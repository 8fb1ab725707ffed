"""What the page's charts are told: figures, kept until a run ends, and the last ones while a run writes."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from jira_staging.charts import CHARTS, Chart, Selection, as_of, figures, known_projects
from jira_staging.charts.asking import DEFAULT_DAYS, LONGEST_DAYS
from jira_staging.errors import StagingUnavailable, WrongUse
from jira_staging.staging import Staging
from jira_staging.web.access import Editor
from jira_staging.web.dag_tasks import our_tasks, running_tasks
from jira_staging.web.loads_tab import Opened

router = APIRouter(prefix="/v1/page")

# Twenty megabytes at most; who asks for more projects and periods than that asks the database again.
MOST_KEPT = 100
# A run that has not ended publishes, too.
LONGEST_KEPT_SECONDS = 600.0

Place = tuple[str, str]


@dataclass
class Kept:
    """Answers by what was asked, each with the run it was given after; the oldest make room."""

    answers: "OrderedDict[tuple[Any, ...], tuple[str, float, Any]]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def fresh(self, asked: tuple[Any, ...], run: str) -> Any:
        """The answer if it was given after this same run, and not long ago; else None."""
        with self.lock:
            known, given, answer = self.answers.get(asked, ("", 0.0, None))
        return answer if known == run and time.monotonic() - given < LONGEST_KEPT_SECONDS else None

    def last(self, asked: tuple[Any, ...]) -> Any:
        """The answer however old, or None."""
        with self.lock:
            return self.answers.get(asked, ("", 0.0, None))[2]

    def keep(self, asked: tuple[Any, ...], run: str, answer: Any) -> None:
        """Keep an answer."""
        with self.lock:
            self.answers[asked] = (run, time.monotonic(), answer)
            self.answers.move_to_end(asked)
            while len(self.answers) > MOST_KEPT:
                self.answers.popitem(last=False)


_kept = Kept()


@router.get("/charts")
def list_charts() -> list[dict[str, str]]:
    """What charts there are, which asks nothing of any database."""
    return [
        {"name": chart.name, "title": chart.title, "meaning": chart.meaning, "empty": chart.empty} for chart in CHARTS.values()
    ]


def place_of(connection_id: Annotated[str, Query(alias="connectionId")], schema: Annotated[str, Query()]) -> Place:
    """Which destination, for what is kept of it; `Opened` has checked that it may be asked."""
    return connection_id, schema


@router.get("/projects")
def list_projects(staging: Opened, place: Annotated[Place, Depends(place_of)]) -> list[dict[str, str]]:
    """The projects to choose from; the last known ones while a run writes."""
    asked = (place, "projects")
    try:
        found = known_projects(staging) if staging.columns("project") else []
    except StagingUnavailable:
        known: list[dict[str, str]] = _kept.last(asked) or []
        return known
    _kept.keep(asked, "", found)
    return found


def selection_of(
    projects: Annotated[str, Query(max_length=4_000)] = "", days: Annotated[int, Query(ge=1, le=LONGEST_DAYS)] = DEFAULT_DAYS
) -> Selection:
    """The projects, separated by commas, and the period."""
    return Selection(tuple(key for key in projects.split(",") if key), days)


@router.get("/chart")
def show_chart(
    user: Editor,
    staging: Opened,
    place: Annotated[Place, Depends(place_of)],
    selection: Annotated[Selection, Depends(selection_of)],
    name: Annotated[str, Query(max_length=64)],
) -> dict[str, Any]:
    """`figures`; where a run writes, the last ones or null, with `problem` and the run that is `writing`."""
    if name not in CHARTS:
        raise WrongUse("There is no such chart. Load the page again.")
    asked = (place, name, selection)
    try:
        return {"figures": _asked(staging, CHARTS[name], selection, asked), "problem": None, "writing": None}
    except StagingUnavailable as problem:
        return {"figures": _kept.last(asked), "problem": str(problem), "writing": _writing(user, place)}


def _asked(staging: Staging, chart: Chart, selection: Selection, asked: tuple[Any, ...]) -> Any:
    until = as_of(staging)
    run = f"{until.moment} {until.last_run}"
    known = _kept.fresh(asked, run)
    if known is None:
        known = figures(staging, chart, selection, until).told()
        _kept.keep(asked, run, known)
    return known


def _writing(user: Editor, place: Place) -> dict[str, str] | None:
    """The run of ours that has the destination open, as far as Airflow knows."""
    found = running_tasks([task for task in our_tasks(user) if (task.staging_conn_id, task.staging_schema) == place])
    return {"dagId": found[0].dag_id, "runId": found[0].run_id} if found else None
