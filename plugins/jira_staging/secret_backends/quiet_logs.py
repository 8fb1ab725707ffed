"""No SDK writes a secret into the log while it is being read, whatever level its loggers have."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_reading_secret: ContextVar[bool] = ContextVar("_reading_secret", default=False)


class _WhileReading(logging.Filter):
    """Drops what this thread logs below WARNING while it reads a secret; other threads log on."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or not _reading_secret.get()


_while_reading = _WhileReading()


@contextmanager
def unlogged(*packages: str) -> Iterator[None]:
    """Silence the loggers of these packages below WARNING, in this thread, while the block runs.

    A filter at the loggers themselves, since a level is shared by all threads and botocore prints whole answers at DEBUG
    (`botocore.parsers`). Import the SDK before: loggers that do not exist yet get no filter.
    """
    for name in (*packages, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in packages or any(name.startswith(f"{package}.") for package in packages):
            logging.getLogger(name).addFilter(_while_reading)
    before = _reading_secret.set(True)
    try:
        yield
    finally:
        _reading_secret.reset(before)
