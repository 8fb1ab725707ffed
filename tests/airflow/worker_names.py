"""Airflow asks this for a machine's name (`[core] hostname_callable`), where the processes of a test stand for machines."""

import os


def of_this_process() -> str:
    """What compose would call the container."""
    return os.environ["HOSTNAME"]
