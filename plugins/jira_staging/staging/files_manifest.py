"""Manifests: what a finished run wrote into a folder of files, and where the next run goes on.

A manifest is written last and whole, so whoever follows manifests never sees a run that is half there. It also carries the few
rows that the next run needs: how far each scope was read, and which column holds which field.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jira_staging.errors import StagingRefused
from jira_staging.tables import ColumnType

FOLDER = "manifests"
# Of one name, on the file systems that we know.
LONGEST_FOLDER = 255
VERSION = 1
# A `pathlib.Path`, or the `ObjectStoragePath` of Airflow, which this floor does not know: both have the methods we call.
Folder = Any


def folder_name(name: str) -> str:
    """The name, if a folder can have it and it leads to no other place. Raises StagingRefused."""
    if name in ("", ".", "..") or re.search(r"[/\\\x00-\x1f\x7f]", name) or len(name.encode()) > LONGEST_FOLDER:
        raise StagingRefused(
            f"{name[:80]!r} cannot be the name of a folder: up to {LONGEST_FOLDER} bytes without slashes or control characters."
        )
    return name


def inside(folder: Folder, place: str) -> Folder:
    """A place below a folder, `/` between its parts; a manifest lies where others may write, and may name any."""
    for part in place.split("/"):
        folder /= folder_name(part)
    return folder


@dataclass
class TableFiles:
    """What a run wrote for one table: Parquet files and their rows, and files that name owners whose rows are all here."""

    files: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    rows: int = 0
    columns: dict[str, ColumnType] = field(default_factory=dict)


@dataclass
class Manifest:
    """One run. Paths are relative to the schema's folder; `state` holds rows by table, `names` the display names of columns."""

    run_id: str
    site: str
    started_at: str
    finished_at: str = ""
    watermarks: dict[str, int | None] = field(default_factory=dict)
    tables: dict[str, TableFiles] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    state: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    version: int = VERSION

    def write(self, schema: Folder, now: datetime) -> None:
        """Write it under a name that sorts by the time of its end."""
        self.finished_at = now.isoformat()
        folder = schema / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self, default=vars, indent=1).encode()
        _write_whole(folder / f"{now:%Y%m%dT%H%M%S%f}Z-{self.run_id}.json", text)


def manifests(schema: Folder) -> Iterator[Manifest]:
    """All manifests, the oldest first."""
    folder = schema / FOLDER
    found = [path for path in folder.iterdir() if path.name.endswith(".json")] if folder.exists() else []
    for path in sorted(found, key=lambda path: str(path.name)):
        with path.open("rb") as file:
            yield read_manifest(path, file.read())


def read_manifest(path: object, text: bytes) -> Manifest:
    """The manifest in this text. Raises StagingRefused, naming the path, for what is none."""
    try:
        told = json.loads(text)
        tables = {name: TableFiles(**written) for name, written in told.pop("tables").items()}
        manifest = Manifest(**told, tables=tables)
    except (ValueError, TypeError, KeyError) as error:
        raise StagingRefused(f"{path} is no manifest of ours ({type(error).__name__}). Name a folder of its own.") from None
    if manifest.version != VERSION:
        raise StagingRefused(f"{path} was written by another version of this package: {manifest.version}, not {VERSION}.")
    return manifest


def _write_whole(path: Any, content: bytes) -> None:
    """So that nobody reads the half of it: an object store shows an object when it is complete, a folder needs a rename."""
    is_local = isinstance(path, Path)
    target = path.with_name(f".{path.name}") if is_local else path
    with target.open("wb") as file:
        file.write(content)
    if is_local:
        target.replace(path)
