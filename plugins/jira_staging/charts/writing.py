"""The static report as a file: whole or not at all."""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from jira_staging.charts.asking import Selection
from jira_staging.charts.figures import CHARTS, as_of, known_projects
from jira_staging.charts.static_report import static_report
from jira_staging.errors import WrongUse
from jira_staging.staging import Staging


@dataclass(frozen=True)
class Written:
    """Where the report is, how large, until when it is complete, and how many charts it has."""

    file: Path
    bytes: int
    as_of: str
    charts: int


def write_report(staging: Staging, selection: Selection, file: Path, *, within: Path | None = None) -> Written:
    """Write the report in a file's place. Raises WrongUse where there can be none.

    `within` is the folder in which it must be, where somebody names the file who may not write to others.
    """
    if within is not None:
        file = _kept_within(within, file)
    # What a link leads to is replaced, not the link.
    place = file.resolve()
    if not place.parent.is_dir() or (place.exists() and not place.is_file()):
        raise WrongUse(f"The report cannot be written to {file}: name a file in a folder that is there.")
    known = {project["key"] for project in known_projects(staging)} if selection.projects else set()
    if lacking := [key for key in selection.projects if key not in known]:
        raise WrongUse(f"The tables hold no project {', '.join(lacking)}; they hold {', '.join(sorted(known)) or 'none'}.")
    page = static_report(staging, selection).encode()
    try:
        _put(page, place)
    except OSError as error:
        raise WrongUse(f"The report cannot be written to {file}: {error.strerror}. Name a folder that is writable.") from None
    return Written(file, len(page), as_of(staging).moment, len(CHARTS))


def _put(page: bytes, file: Path) -> None:
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as beside:
        name = Path(beside.name)
        try:
            beside.write(page)
            beside.flush()
            # As readable as any other new file; the temporary one is its owner's alone.
            name.chmod(0o666 & ~_umask())
            name.replace(file)
        except BaseException:
            name.unlink(missing_ok=True)
            raise


def _kept_within(folder: Path, file: Path) -> Path:
    place = (folder / file).resolve()
    if place.suffix not in (".html", ".htm"):
        raise WrongUse(f"The report cannot be written to {file}: name an HTML file, since one that is there is replaced.")
    if not place.is_relative_to(folder.resolve()):
        raise WrongUse(
            f"The report cannot be written to {file}: it is outside of {folder}, where this deployment keeps reports."
        )
    return place


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
