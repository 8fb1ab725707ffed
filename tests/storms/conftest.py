"""How many storms are raised, by which seeds; and, after them, what struck how often."""

from collections import Counter
from typing import cast

import pytest

from syncing.bench import Flavour

STORMS = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("storms")
    group.addoption(
        "--storms", type=int, default=STORMS, help="how many storms of several faulty runs each (default: %(default)s)"
    )
    group.addoption("--storm-seed", type=int, default=None, help="only the storm of this seed")


@pytest.fixture
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Of the site: Cloud, unless `--flavour` chooses the other one."""
    return cast("Flavour", request.config.getoption("--flavour"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A storm for each seed."""
    if "storm_seed" in metafunc.fixturenames:
        one = metafunc.config.getoption("--storm-seed")
        metafunc.parametrize("storm_seed", range(metafunc.config.getoption("--storms")) if one is None else [one])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What struck how often in the storms that lost nothing, and how to repeat one that did."""
    total: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        total.update(dict(report.user_properties).get("storm", {}))
    if total:
        terminalreporter.section("storms")
        for name, count in sorted(total.items()):
            terminalreporter.line(f"{count:6}  {name}")
    for report in terminalreporter.stats.get("failed", []):
        name, _, seed = report.nodeid.partition("test_a_storm_loses_nothing[")
        if seed:
            terminalreporter.line(f"Once more: python -m pytest {name.rstrip(':')} --storm-seed {seed.rstrip(']')}")
