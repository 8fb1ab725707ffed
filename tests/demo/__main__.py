"""`make demo`: one night of the nightly DAG. Run it again, and it is the next night.

`python -m demo FOLDER` keeps it elsewhere than in `.demo`.
"""

import os
import sys
import time
from pathlib import Path

import duckdb
from rich.console import Console

from demo.airflow_runs import PROJECT, AirflowHome, failure
from demo.nights import port_of_the_site, simulated_site
from demo.shown import questions_answered, tables_loaded
from demo.vault import secrets_manager
from simulated_jira import SimulatedJira

FOLDER = PROJECT / ".demo"


def main(folder: Path) -> int:
    """Show one night, kept in the folder. Gives the exit code."""
    console = Console(highlight=False, soft_wrap=True)
    folder.mkdir(parents=True, exist_ok=True)
    _nothing_of_this_machines_clouds()
    night, port, replay = _night(folder / "night"), port_of_the_site(folder / "port"), os.environ.get("DEMO_REPLAY")
    jira = simulated_site(night, port, Path(replay) if replay else None)
    try:
        jira.start()
    except OSError as error:
        console.print(f"The simulated Jira answered on port {port} before, and now cannot: {error.strerror}. Free the port, or")
        console.print("begin anew with `make clean`.")
        return 1
    try:
        with secrets_manager({"demo/jira": {"api_token": jira.token, "owner": "data platform"}}) as aws:
            return _show(console, folder, night, jira, aws)
    finally:
        jira.stop()


def _show(console: Console, folder: Path, night: int, jira: SimulatedJira, aws: dict[str, object]) -> int:
    began = time.monotonic()
    database, log = folder / "jira_staging.duckdb", folder / f"night_{night}.log"
    console.print(f"Night {night}. A simulated Jira with {len(jira.site.issues):,} issues answers at {jira.url};")
    console.print("its API token lies in a local AWS Secrets Manager, under the key `api_token` of the secret `demo/jira`.")
    home = AirflowHome(
        folder / "airflow",
        {
            "jira_default": {"conn_type": "jira_staging", "host": jira.url, "login": jira.email},
            "jira_staging": {"conn_type": "duckdb", "host": str(database)},
            "aws_demo": aws,
        },
    )
    console.print("Airflow runs the DAG `jira_nightly_sync` (dags/jira_nightly_sync.py) …")
    home.prepare()
    if not home.run_dag("jira_nightly_sync", {"api_token": "demo"}, log):
        console.print(f"The DAG failed: {failure(log)}", markup=False)
        console.print(f"Airflow's whole log: {log}")
        return 1
    (folder / "night").write_text(str(night))
    with duckdb.connect(str(database), read_only=True) as connection:
        console.print()
        tables_loaded(console, connection)
        questions_answered(console, connection)
    console.print(
        f"\nThe tables: {database} (schema `jira`). Airflow's log: {log}. {time.monotonic() - began:.0f} seconds in all."
    )
    console.print("Run `make demo` again for the next night: only what changed is loaded. `make clean` begins anew.")
    return 0


def _night(remembered: Path) -> int:
    """The number of this night: one more than the last that succeeded."""
    return int(remembered.read_text()) + 1 if remembered.exists() else 1


def _nothing_of_this_machines_clouds() -> None:
    """Keep the demo from a profile or a proxy that this machine's own work goes through."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else FOLDER))
