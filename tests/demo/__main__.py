"""`make demo`: one night of the nightly DAG. Run it again, and it is the next night."""

import os
import sys
import time
from pathlib import Path

import duckdb
from rich.console import Console

from demo.airflow_runs import PROJECT, AirflowHome
from demo.nights import free_port, simulated_site
from demo.shown import questions_answered, tables_loaded
from demo.vault import secrets_manager

FOLDER = PROJECT / ".demo"
DATABASE = FOLDER / "jira_staging.duckdb"


def main() -> int:
    """Show one night. Gives the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    FOLDER.mkdir(exist_ok=True)
    night = _night(FOLDER / "night")
    replay = os.environ.get("DEMO_REPLAY")
    began = time.monotonic()
    jira = simulated_site(night, free_port(FOLDER / "port"), Path(replay) if replay else None)
    with jira, secrets_manager({"demo/jira": {"api_token": jira.token, "owner": "data platform"}}) as aws:
        console.print(f"Night {night}. A simulated Jira with {len(jira.site.issues):,} issues answers at {jira.url};")
        console.print("its API token lies in a local AWS Secrets Manager, under the key `api_token` of the secret `demo/jira`.")
        home = AirflowHome(
            FOLDER / "airflow",
            {
                "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email},
                "jira_staging": {"conn_type": "duckdb", "host": str(DATABASE)},
                "aws_demo": aws,
            },
        )
        console.print("Airflow runs the DAG `jira_nightly_sync` (dags/jira_nightly_sync.py) …")
        home.prepare()
        log = FOLDER / f"night_{night}.log"
        if not home.run_dag("jira_nightly_sync", {"api_token": "demo"}, log):
            console.print(f"The DAG failed. The end of its log ({log}):\n{log.read_text()[-4000:]}")
            return 1
        (FOLDER / "night").write_text(str(night))
        with duckdb.connect(str(DATABASE), read_only=True) as connection:
            console.print()
            tables_loaded(console, connection)
            questions_answered(console, connection)
    console.print(
        f"\nThe tables: {DATABASE} (schema `jira`). Airflow's log: {log}. {time.monotonic() - began:.0f} seconds in all."
    )
    console.print("Run `make demo` again for the next night: only what changed is loaded. `make clean` begins anew.")
    return 0


def _night(remembered: Path) -> int:
    """The number of this night: one more than the last that succeeded."""
    return int(remembered.read_text()) + 1 if remembered.exists() else 1


if __name__ == "__main__":
    sys.exit(main())
