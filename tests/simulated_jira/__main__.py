"""`python -m simulated_jira`: a simulated Jira in a process of its own, so that it takes no time from its client's interpreter.

Prints one JSON line (url, cloud id, e-mail, token) and serves until it is told to stop."""

import argparse
import dataclasses
import json
import signal
import sys
import threading

from simulated_jira.jira import SimulatedJira
from simulated_jira.settings import Settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulated_jira", description="A simulated Jira Cloud site.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--issues", type=int, default=1000)
    parser.add_argument("--projects", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--replay", metavar="FOLDER", help="serve the payloads in FOLDER/*.jsonl instead of invented issues")
    parser.add_argument("--token", help="the main account's API token, instead of one made from the seed")
    for field in dataclasses.fields(Settings):
        option = "--" + field.name.replace("_", "-")
        if isinstance(field.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            kind = int if field.default is None else type(field.default)
            parser.add_argument(option, type=kind, default=field.default, metavar=field.name.upper())
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    settings = Settings(**{field.name: getattr(given, field.name) for field in dataclasses.fields(Settings)})
    jira = SimulatedJira(
        given.issues,
        projects=given.projects,
        seed=given.seed,
        settings=settings,
        replay=given.replay,
        address=(given.host, given.port),
    )
    if given.token:
        jira.use_token(given.token)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda number, frame: ended.set())
    with jira:
        told = {
            "url": jira.url,
            "gateway_url": jira.gateway_url,
            "cloud_id": jira.cloud_id,
            "email": jira.email,
            "token": jira.token,
        }
        print(json.dumps(told | {"issues": len(jira.site.issues)}), flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
