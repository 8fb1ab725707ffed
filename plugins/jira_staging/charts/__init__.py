"""Charts: what each asks of the reporting views, its figures, and how they are drawn in a browser."""

from pathlib import Path

from jira_staging.charts.asking import Chart, Selection, Told, told_by
from jira_staging.charts.figures import CHARTS, Figures, as_of, figures, known_projects

# What a browser is given, by the page in Airflow and inside the static report.
PAGE_PARTS = Path(__file__).parent / "page"

__all__ = ["CHARTS", "PAGE_PARTS", "Chart", "Figures", "Selection", "Told", "as_of", "figures", "known_projects", "told_by"]
