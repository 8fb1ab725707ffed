"""A site made of payloads in a folder."""

from pathlib import Path

from simulated_jira.jira_site import Site


def replay_payloads(site: Site, folder: Path) -> None:
    raise NotImplementedError
