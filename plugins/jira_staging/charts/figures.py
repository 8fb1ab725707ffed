"""A chart's figures: its rows as plain JSON values, with the SQL that gave them and until when the tables are complete."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jira_staging.charts import flow_charts, team_charts
from jira_staging.charts.asking import SCHEMA, Chart, Selection, told_by
from jira_staging.errors import StagingRefused
from jira_staging.staging import Staging
from jira_staging.staging.views import Spelling

# In the order in which they are shown, the cheapest first.
_ALL = (
    flow_charts.CREATED_RESOLVED,
    flow_charts.CUMULATIVE_FLOW,
    flow_charts.CYCLE_TIME,
    flow_charts.AGEING_WORK,
    flow_charts.TIME_IN_STATUS,
    team_charts.VELOCITY,
    team_charts.BURNDOWN,
    team_charts.PEOPLE,
    team_charts.SERVICE_LEVELS,
)
CHARTS: Mapping[str, Chart] = {chart.name: chart for chart in _ALL}


@dataclass(frozen=True)
class AsOf:
    """Until when the tables are complete, in which time zone days are counted, and which run ended last."""

    moment: str
    day: date
    zone: str
    last_run: str


@dataclass(frozen=True)
class Figures:
    """What a chart shows. `rows` hold numbers, texts, truths and nulls; days and moments are ISO texts."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[Any]]
    sql: str
    as_of: str
    zone: str
    first: str
    last: str

    def told(self) -> dict[str, Any]:
        """As the page and the static report are told."""
        return asdict(self)


def as_of(staging: Staging) -> AsOf:
    """One short question, whose answer changes with every run. Refuses tables without reporting views."""
    spelling = _spelling(staging)
    name = spelling.dialect.name
    if not staging.columns("_sync_run"):
        raise StagingRefused("Nothing was loaded here yet, so there is nothing to report. Run a sync first.")
    asked = (
        "SELECT a.as_of, a.as_of_date, a.time_zone, "
        f"(SELECT max(r.finished_at) FROM {name(spelling.schema, '_sync_run')} AS r) "
        f"FROM {spelling.view(SCHEMA, 'as_of')} AS a"
    )
    try:
        ((moment, day, zone, finished),) = staging.answer(asked)
    except StagingRefused as refused:
        raise StagingRefused(
            f"The reporting views beside the schema `{spelling.schema}` cannot be read: {refused} They are made by a sync; "
            "run one with `reporting_views=True`, its default, and grant the reader the schema of the views."
        ) from refused
    return AsOf(str(_plain(moment)), date.fromisoformat(str(_plain(day))[:10]), str(zone), str(_plain(finished)))


def known_projects(staging: Staging) -> list[dict[str, str]]:
    """Key and name of every project that is there, by key."""
    rows = staging.read("project", ("key", "name")).to_pylist()
    return sorted(({"key": str(row["key"]), "name": str(row["name"])} for row in rows), key=lambda row: row["key"])


def figures(staging: Staging, chart: Chart, selection: Selection, until: AsOf) -> Figures:
    """Ask for one chart."""
    told = told_by(replace(_spelling(staging), zone=until.zone), selection, until.day)
    sql = chart.query(told)
    rows = [[_plain(value) for value in row] for row in staging.answer(sql)]
    return Figures(
        chart.name, chart.columns, rows, sql, until.moment, until.zone, told.first.isoformat(), told.last.isoformat()
    )


def _spelling(staging: Staging) -> Spelling:
    if staging.spelling is None:
        raise StagingRefused("Reports are asked of views, and files have none. Load them into a database first.")
    return staging.spelling


def _plain(value: object) -> Any:
    """A JSON value; numbers to the hundredth, which is more than anybody sees."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal | float):
        rounded = round(float(value), 2)
        return int(rounded) if rounded.is_integer() else rounded
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, int | str) else str(value)
