"""Parquet files on their way into Snowflake: written one a table, sent together."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jira_staging.errors import StagingUnavailable


@dataclass
class ParquetFiles:
    """Files that wait to be sent, in a folder of their own."""

    folder: "tempfile.TemporaryDirectory[str] | None" = None
    names: list[str] = field(default_factory=list)

    def add(self, name: str, data: pa.Table) -> None:
        """Write one. StagingUnavailable where there is no room for it."""
        try:
            self.folder = self.folder or tempfile.TemporaryDirectory()
            file = Path(self.folder.name, f"{name}.parquet")
            file.touch(mode=0o600)
            pq.write_table(_whole_microseconds(data), file)
        except OSError as error:
            self.discard()
            raise StagingUnavailable(
                f"A file for Snowflake could not be written to {tempfile.gettempdir()} ({error.strerror or error}). Look at "
                "its free space, or name another folder in TMPDIR."
            ) from error
        self.names.append(name)

    @contextmanager
    def sent(self) -> Iterator[tuple[str, list[str]]]:
        """The folder and the files' names, which are gone when the block ends."""
        folder, names = self.folder, self.names
        self.folder, self.names = None, []
        try:
            yield folder.name if folder else "", names
        finally:
            if folder:
                folder.cleanup()

    def discard(self) -> None:
        """Remove what was not sent."""
        with self.sent():
            pass


def _whole_microseconds(data: pa.Table) -> pa.Table:
    for position, column in enumerate(data.schema):
        if pa.types.is_timestamp(column.type):
            data = data.set_column(position, column.name, data.column(position).cast(pa.int64()))
    return data
