"""Storms: several faults at once, night after night, by a seed; every row is compared with the site after every run.

`--storms 400` raises so many, `--storm-seed 17` that one alone.
"""

from collections.abc import Callable
from pathlib import Path

from storms.storm import storm
from syncing.bench import Flavour


def test_a_storm_loses_nothing(
    storm_seed: int, tmp_path: Path, flavour: Flavour, record_property: Callable[[str, object], None]
) -> None:
    record_property("storm", dict(storm(storm_seed, tmp_path, flavour)))
