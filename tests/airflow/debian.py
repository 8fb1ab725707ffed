"""Programs of Debian's packages, installed where they are missing and this is root."""

import os
import shutil
import subprocess
from collections.abc import Sequence


def require_programs(programs: Sequence[str], packages: Sequence[str]) -> None:
    """Install the packages if a program is missing; RuntimeError, naming both, where that cannot be."""
    missing = [name for name in programs if shutil.which(name) is None]
    if not missing:
        return
    wanted = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise RuntimeError(f"This test needs {' and '.join(missing)}: run `apt-get install {wanted}` as root.")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        ended = subprocess.run(["apt-get", "-qq", *command], env=environment, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise RuntimeError(f"Debian's packages {wanted} could not be installed: {ended.stderr.strip()[-500:]}")
