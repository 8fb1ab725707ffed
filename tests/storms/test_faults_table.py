"""The table of faults names tests that are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_every_test_of_the_table_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (TESTS.parent / "FAULTS.md").read_text()))
    there = {name for path in TESTS.rglob("test_*.py") for name in re.findall(r"def (test_\w+)\(", path.read_text())}
    assert len(named) > 20
    assert named <= there
