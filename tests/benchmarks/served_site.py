"""The simulated Jira that benchmarks read, in a process of its own: told on its standard input, it tells how it is."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulated_jira.jira_site import Site

# An issue with all its fields, its comments and worklogs is 19 KB of JSON then, and its changelog 5 KB more.
SEED, PROJECTS, CUSTOM_FIELDS, ISSUE_BYTES = 7, 12, 60, 12_000
NEAR: Mapping[str, float] = {}
# As Jira Cloud answers from afar, and a little for each issue in the answer.
FAR: Mapping[str, float] = {"latency_ms": 100.0, "latency_ms_per_issue": 0.3}


@dataclass(frozen=True)
class ServedSite:
    """The site's process. What it tells: `url`, `email`, `token`, `holds` (how many of what), `requests` since it last told."""

    process: "subprocess.Popen[str]"

    def told(self) -> dict[str, Any]:
        """What the site tells of itself, once it is there."""
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def changed(self, issues: int) -> dict[str, Any]:
        """The same once somebody commented, a day later, on so many issues (0: nothing changes)."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{issues}\n")
        self.process.stdin.flush()
        return self.told()


def environment_for(told: Mapping[str, Any]) -> dict[str, str]:
    """What a measured command gets: the credential, and leave to keep what Python compiled, as an installer does."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {"BENCH_JIRA": told["token"]}


@contextmanager
def served(issues: int, latency: Mapping[str, float], issue_bytes: int = ISSUE_BYTES) -> Iterator[ServedSite]:
    """A site with so many issues; their fields beside comments and worklogs are padded to so many bytes."""
    words = [sys.executable, __file__, str(issues), str(issue_bytes), json.dumps(dict(latency))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield ServedSite(process)
        finally:
            process.terminate()


def serve(issues: int, issue_bytes: int, latency: Mapping[str, float]) -> None:
    """Be the site."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from simulated_jira import Settings, SimulatedJira

    settings = Settings(custom_fields=CUSTOM_FIELDS, issue_bytes=issue_bytes, **latency)
    with SimulatedJira(issues, projects=PROJECTS, seed=SEED, settings=settings) as jira:
        here = {"url": jira.url, "email": jira.email, "token": jira.token}
        held = _held(jira.site)
        print(json.dumps(here | {"holds": held, "requests": 0}), flush=True)
        for line in sys.stdin:
            if int(line):
                keys = [issue.key for issue in jira.site.issues.values()]
                jira.clock.advance(24 * 3600)
                for key in keys[:: len(keys) // int(line)]:
                    jira.change.comment(key, "Seen again this morning.")
                held = _held(jira.site)
            print(json.dumps(here | {"holds": held, "requests": len(jira.requests)}), flush=True)
            jira.requests.clear()


def _held(here: "Site") -> dict[str, int]:
    from simulated_jira import lives

    issues = list(here.issues.values())
    return {
        "issues": len(issues),
        "changes": sum(len(json.loads(history.items)) for issue in issues for history in lives.histories(here, issue)),
        "comments": sum(len(lives.comments(here, issue)) for issue in issues),
        "worklogs": sum(len(lives.worklogs(here, issue)) for issue in issues),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issues", type=int)
    parser.add_argument("issue_bytes", type=int)
    parser.add_argument("latency", type=json.loads)
    given = parser.parse_args()
    serve(given.issues, given.issue_bytes, given.latency)
