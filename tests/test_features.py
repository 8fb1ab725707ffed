"""The feature matrix claims nothing without a test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| ([^|*][^|]*?) \| \*\*([YPN])\*\* \| ([^|]*) \|", re.MULTILINE)
ROWS: list[tuple[str, str, str]] = ROW.findall((ROOT / "FEATURES.md").read_text())


@pytest.fixture(scope="module")
def tests() -> set[str]:
    """The names of all tests that there are."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        found.update(re.findall(r"def (test_\w+)\(", path.read_text()))
    return found


def test_the_matrix_has_every_row() -> None:
    features = [feature for feature, _, _ in ROWS]
    assert len(features) == len(set(features)) == 67


@pytest.mark.parametrize(("feature", "cell", "told"), ROWS, ids=[feature for feature, _, _ in ROWS])
def test_a_yes_names_a_test_that_exists_and_a_partly_says_what_there_is(
    feature: str, cell: str, told: str, tests: set[str]
) -> None:
    if cell == "Y":
        assert told.strip("`") in tests, feature
    else:
        assert "test_" not in told
        assert told.strip() or cell == "N", feature
