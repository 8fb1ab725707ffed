"""Azurite, Microsoft's own double of Azure's storage: a Node.js program, installed from npm by its lock file."""

import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from debian import require_programs
from filelock import FileLock

LOCKED = Path(__file__).parent / "npm"
# The account that every Azurite has, and its published key.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
PATIENCE_SECONDS = 60


def installed() -> Path:
    """The folder of the locked packages, beside Python's own so that it is made once a checkout. RuntimeError where npm
    cannot be had or refuses."""
    require_programs(["node", "npm"], ["nodejs", "npm"])
    lock = (LOCKED / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.copytree(LOCKED, folder, dirs_exist_ok=True)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
            ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if ended.returncode != 0:
                raise RuntimeError(f"npm could not install Azurite by {LOCKED}: {ended.stderr.strip()[-500:]}")
            (folder / "done").touch()
    return folder


@contextmanager
def azurite() -> Iterator[str]:
    """The address of a blob service with nothing in it, on a free port; stopped at the end."""
    program = installed() / "node_modules" / ".bin" / "azurite-blob"
    options = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent", "--disableTelemetry"]
    # Azure's library asks for versions of the protocol that came after this Azurite.
    options += ["--skipApiVersionCheck"]
    with subprocess.Popen([program, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    ends, said = time.monotonic() + PATIENCE_SECONDS, ""
    while time.monotonic() < ends and (line := process.stdout.readline()):
        said += line
        if found := re.search(r"successfully listens on (http://[\w.:]+)", line):
            return found[1]
    raise RuntimeError(f"Azurite did not start: {said}")
