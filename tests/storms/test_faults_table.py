"""The tables of faults and of attacks name tests that are there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("table", ["FAULTS.md", "ATTACKS.md"])
def test_every_test_of_the_table_is_there(table: str) -> None:
    named = set(re.findall(r"`(test_\w+)`", (TESTS.parent / table).read_text()))
    there = {name for path in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)\(", path.read_text())}
    assert len(named) > 20
    assert named <= there
