"""Singer: `tap-jira` discovers, issues and what hangs on them are chosen, and what it prints goes to `target-duckdb`.

The tap turns every address into https; that line is changed before it runs, since the simulated site has no certificate.
"""

import json
import subprocess
import sys
from pathlib import Path

STREAMS = ("issues", "issue_comments", "changelogs", "worklogs")


def main() -> None:
    site, database = json.loads(sys.argv[1]), Path(sys.argv[2]).resolve()
    mended(Path(sys.argv[3]))
    tap, target = (Path(place) / "bin" for place in sys.argv[3:5])
    folder = database.parent
    asked = {"username": site["email"], "password": site["token"], "base_url": site["url"], "user_agent": "benchmark"}
    config = _written(folder / "tap.json", asked | {"start_date": "2000-01-01T00:00:00Z"})
    discovered = subprocess.run(
        [tap / "tap-jira", "--config", config, "--discover"], check=True, capture_output=True, text=True
    )
    catalog = json.loads(discovered.stdout)
    for stream in catalog["streams"]:
        whole = next(entry for entry in stream["metadata"] if not entry["breadcrumb"])
        whole["metadata"]["selected"] = stream["tap_stream_id"] in STREAMS
    properties = _written(folder / "catalog.json", catalog)
    place = _written(folder / "target.json", {"filepath": str(database), "default_target_schema": "main"})
    with subprocess.Popen(
        [tap / "tap-jira", "--config", config, "--properties", properties], stdout=subprocess.PIPE
    ) as reading:
        subprocess.run(
            [target / "target-duckdb", "--config", place], stdin=reading.stdout, stdout=subprocess.DEVNULL, check=True
        )
    if reading.returncode:
        raise SystemExit(f"tap-jira ended with {reading.returncode}")


def mended(tap: Path) -> None:
    """The tap without its insistence on TLS."""
    (door,) = tap.glob("lib/python*/site-packages/tap_jira/http.py")
    door.write_text(door.read_text().replace("base_url = 'https://' + base_url", "base_url = 'http://' + base_url"))


def _written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


if __name__ == "__main__":
    main()
