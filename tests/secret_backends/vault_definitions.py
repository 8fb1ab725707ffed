"""What the tests of all vaults share: a definition, an invented token, and a look into everything that was logged."""

import logging
import time
import traceback
from typing import Any

import pytest

from jira_staging.records import SecretDefinition
from jira_staging.secret_backends import SecretBackend
from jira_staging.tokens import VaultTokens

TOKEN = "ATATT3xFfGF0invented_token-of-nobody=1A2B3C4D"


def definition(backend: str, secret_name: str = "prod/jira", **changes: Any) -> SecretDefinition:
    """The definition `jira-prod` of this backend."""
    return SecretDefinition("jira-prod", backend, secret_name, **changes)


def everything_logged(caplog: pytest.LogCaptureFixture, *packages: str) -> pytest.LogCaptureFixture:
    """Let the loggers of these packages, whatever level they had, log at DEBUG."""
    caplog.set_level(logging.DEBUG)
    for name in logging.root.manager.loggerDict:
        if name.partition(".")[0] in packages:
            caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def shown(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that was logged: messages, arguments and tracebacks."""
    return "\n".join(f"{record.name} {record.getMessage()} {record.args!r}" for record in caplog.records) + caplog.text


def traceback_of(error: BaseException) -> str:
    """What a log shows of an error, with every error behind it."""
    return "".join(traceback.format_exception(error))


def assert_quick(definition: SecretDefinition, backend: SecretBackend) -> None:
    """Print (`pytest -s`) how long the first token takes, and the next one, which is in hand."""
    tokens, seconds = VaultTokens(definition, backend), []
    for _ in range(2):
        began = time.perf_counter()
        assert tokens.token().value == TOKEN
        seconds.append(time.perf_counter() - began)
    print(f"\n{definition.backend}: cold {seconds[0] * 1000:.1f} ms, cached {seconds[1] * 1e6:.1f} µs")
    assert seconds[1] < 0.01
