"""docker-compose.yaml as compose reads it: variables filled in from an env file, a service's environment and commands."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[1]
COMPOSE_FILE = PROJECT / "docker-compose.yaml"
# `$$`, `${NAME}`, `${NAME:-default}`, `${NAME:?message}`: the forms that the file uses, and no other.
VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\})")


class MissingVariable(Exception):
    """Compose would stop: a variable that must be given is not, or is empty."""


def variables_of(env_file: Path) -> dict[str, str]:
    """The variables of an env file. A value may be quoted, and then is taken as it is."""
    lines = [line for line in env_file.read_text().splitlines() if line and not line.startswith("#")]
    pairs = [line.split("=", 1) for line in lines]
    return {name: value[1:-1] if value[:1] == "'" else value for name, value in pairs}


def filled_in(value: Any, variables: Mapping[str, str]) -> Any:
    """The value with its variables replaced, at any depth. Raises MissingVariable."""
    if isinstance(value, str):
        return VARIABLE.sub(lambda found: _filled(found, variables), value)
    if isinstance(value, list):
        return [filled_in(each, variables) for each in value]
    if isinstance(value, dict):
        return {key: filled_in(each, variables) for key, each in value.items()}
    return value


def _filled(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    value = variables.get(found["name"], "")
    if not value and found["kind"] == "?":
        raise MissingVariable(f"{found['name']}: {found['rest']}")
    return value or (found["rest"] if found["kind"] == "-" else "")


@dataclass(frozen=True)
class ComposeFile:
    """The file with its variables filled in."""

    content: dict[str, Any]

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "ComposeFile":
        """As compose does it with these variables. Raises MissingVariable."""
        return cls(filled_in(yaml.safe_load(COMPOSE_FILE.read_text()), variables))

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """All services, also those of profiles."""
        found: dict[str, dict[str, Any]] = self.content["services"]
        return found

    def environment(self, service: str) -> dict[str, str]:
        """The variables that the service's processes see beside the image's own."""
        return {name: str(value) for name, value in self.services[service].get("environment", {}).items()}

    def command(self, service: str) -> list[str]:
        """The words of its command."""
        command = self.services[service].get("command", [])
        return shlex.split(command) if isinstance(command, str) else [str(word) for word in command]

    def healthcheck(self, service: str) -> list[str]:
        """The words of its health check, a shell's included where it asks for one."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        return ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
