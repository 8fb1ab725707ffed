"""A real Airflow API server in a process of its own, with users who may, users who may not, and nobody."""

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import requests
from background import started, stop

from demo.airflow_runs import AirflowHome
from ports import free_port

# Name and password, by the role of Airflow's simple auth manager.
PASSWORDS = {"admin": "invented-of-admin", "op": "invented-of-op", "user": "invented-of-user", "viewer": "invented-of-viewer"}
# Any 32 bytes in base64.
FERNET_KEY = "aW52ZW50ZWQtZmVybmV0LWtleS1vZi0zMi1ieXRlcyE="
START_SECONDS = 90


@dataclass
class ApiServer:
    """Serves from a home whose database is migrated; `settings` are more variables of its environment."""

    home: AirflowHome
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.home.folder / "api_server.log"

    def environment(self) -> dict[str, str]:
        """The variables that it runs with, and that a process beside it needs for the same database."""
        users = ",".join(f"{role}:{role}" for role in PASSWORDS)
        return {
            **self.home.environment(),
            "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": users,
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home.folder / "passwords.json"),
            "AIRFLOW__API_AUTH__JWT_SECRET": "invented-jwt-secret-of-this-test-0123456789",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            # A machine that is busy with other tests is slow, and no reason to give up.
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",
            "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "180",
            **self.settings,
        }

    def __enter__(self) -> "ApiServer":
        self.port = free_port()
        (self.home.folder / "passwords.json").write_text(json.dumps(PASSWORDS))
        command = [self.home.python, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = started([*command, "--workers", "1"], self.environment(), self.home.folder, self.log)
        try:
            self._wait()
        except BaseException:
            stop(self._process)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process is not None
        stop(self._process)

    def ask(self, method: str, path: str, user: str | None = "admin", **more: Any) -> requests.Response:
        """One request as this user, or as nobody."""
        headers = dict(more.pop("headers", {}))
        if user:
            headers["Authorization"] = f"Bearer {self._token(user)}"
        return requests.request(method, self.url + path, headers=headers, timeout=30, **more)

    def ask_by_cookie(self, method: str, path: str, user: str = "admin", **more: Any) -> requests.Response:
        """One request as this user's browser sends it: with Airflow's cookie, and without a token of its own."""
        return requests.request(method, self.url + path, cookies={"_token": self._token(user)}, timeout=30, **more)

    def _token(self, user: str) -> str:
        if user not in self._tokens:
            answer = requests.post(f"{self.url}/auth/token", json={"username": user, "password": PASSWORDS[user]}, timeout=30)
            answer.raise_for_status()
            self._tokens[user] = answer.json()["access_token"]
        return self._tokens[user]

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if requests.get(f"{self.url}/api/v2/version", timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.2)
        raise RuntimeError(f"The API server did not start:\n{self.log.read_text()[-3000:]}")
