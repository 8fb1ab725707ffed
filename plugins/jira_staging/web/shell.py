"""The page itself: its HTML and the few files beside it, all from here and none from elsewhere."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from jira_staging.charts import PAGE_PARTS

router = APIRouter()

FILES = Path(__file__).parent / "page"
# The library lies where the static report finds it, too; its name changes with its version.
SHARED, LIBRARY = PAGE_PARTS, "chart-4.6.1.min.js"
TYPES = {".css": "text/css", ".js": "text/javascript", ".html": "text/html"}
OWN = ("theme.js", "page.js", "definitions.js", "definition_form.js", "syncs.js", "tables.js", "reports.js")
NAMES = (*OWN, "page.css", "dom.js", "chart_card.js", "drawings.js", LIBRARY)
# Nothing but this server's own files and answers; a frame of Airflow's may show the page, no other.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@router.get("/")
def show_page() -> FileResponse:
    """The page's HTML, without anything of anybody's in it."""
    return _file("index.html")


@router.get("/page/{fileName}")
def show_file(fileName: str) -> FileResponse:  # noqa: N803  as the path spells it
    """A script or the style of the page."""
    if fileName not in NAMES:
        raise HTTPException(404, "The page has no such file.")
    return _file(fileName)


def _file(name: str) -> FileResponse:
    path = (FILES if name in (*OWN, "index.html") else SHARED) / name
    kept = {"Cache-Control": "private, max-age=604800"} if name == LIBRARY else {}
    return FileResponse(path, media_type=TYPES[path.suffix], headers=HEADERS | kept)
