"""Errors that another try would find again, as Airflow understands them: the task fails for good, whatever its retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jira_staging.airflow_versions import AirflowFailException
from jira_staging.errors import JiraStagingError


@contextmanager
def failing_for_good() -> Iterator[None]:
    """A block, or as `@failing_for_good()` below `@task` a function, in which a refused token fails the task.

    Errors of ours that may pass (`retry`), and everybody else's, stay what they are.
    """
    try:
        yield
    except JiraStagingError as error:
        if error.retry:
            raise
        raise AirflowFailException(str(error)) from error
