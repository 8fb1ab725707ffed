"""What each step from JSON to DuckDB costs, held to the ratios in `speed_ratios.json`: a loss of 30 % fails.

A ratio is the step's CPU time beside that of reading the same JSON into Python objects in the same process, with which every
other reader begins. `SPEED_RATIOS=keep` writes what is measured as the new ratios.
"""

import gc
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jira_staging.entities.changelog import ChangelogDecoder
from jira_staging.entities.children import ChildFlattener
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.history import HistoryFlattener
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import with_sources
from jira_staging.records import Batch, Report, Rows, Run
from jira_staging.staging.duckdb_staging import DuckDBStaging
from jira_staging.tables import GROUPS
from simulated_jira import Settings, SimulatedJira, lives
from simulated_jira.entries import history_json
from simulated_jira.rendering import Renderer
from simulated_jira.selection import selection_of

KEPT = Path(__file__).with_name("speed_ratios.json")
ISSUES = 500
ENTITIES = (*GROUPS["issues"], *GROUPS["history"])
MOST_LOST = 0.3
# Rounds until a ratio is as kept: a busy machine slows a step or what it is compared with by more than is to be found.
FEWEST_ROUNDS, MOST_ROUNDS = 5, 40


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Callable[[], object]]:
    """The steps by name, `json` being the one that the others are compared with."""
    site = SimulatedJira(ISSUES, projects=8, seed=3, settings=Settings(custom_fields=110, issue_bytes=10_000)).site
    renderer, issues = Renderer(site, selection_of(site, ["*all"])), list(site.issues.values())
    page = b"[" + b",".join(map(renderer.issue, issues)) + b"]"
    logs = {
        issue.id: [b"[" + b",".join(history_json(site, entry) for entry in lives.histories(site, issue)) + b"]"]
        for issue in issues
    }
    catalogue = FieldCatalogue(json.dumps([known.payload() for known in site.fields]).encode())
    decoder, logs_decoder = IssueFlattener(catalogue, with_sources(ENTITIES)), ChangelogDecoder(catalogue.fields)
    children, history = ChildFlattener(catalogue, ENTITIES), HistoryFlattener(catalogue, ENTITIES, done_statuses=[10_001])
    batch = decoder.decode([page])
    of_children = children.flatten(batch, {}, logs)
    flattened = decoder.flatten_batch(batch, of_children.people())
    changelogs = logs_decoder.decode(logs, batch.ids)
    (of_issues,) = (rows.data for rows in flattened.rows if rows.table == "issue")
    replayed = history.flatten(batch, of_issues, changelogs)
    rows = [given for given in (*flattened.rows, *of_children.rows, *replayed.rows) if given.table in ENTITIES]
    folder = tmp_path_factory.mktemp("speed")
    return {
        "json": lambda: (json.loads(page), [json.loads(array) for (array,) in logs.values()]),
        "decode": lambda: (decoder.decode([page]), logs_decoder.decode(logs, batch.ids)),
        "flatten": lambda: (
            children.flatten(batch, {}, logs),
            IssueFlattener(catalogue, with_sources(ENTITIES)).flatten_batch(batch),
        ),
        "replay": lambda: history.flatten(batch, of_issues, changelogs),
        "load": lambda: _load(folder, rows),
    }


def _load(folder: Path, rows: list[Rows]) -> None:
    """One batch into empty tables, a copy of those that were made once."""
    run = Run("speed", "https://speed.example", datetime(2026, 11, 22, tzinfo=UTC))
    empty, filled = folder / "empty.duckdb", folder / "filled.duckdb"
    if not empty.exists():
        DuckDBStaging(empty).prepare(run)
    for end in ("", ".wal"):
        shutil.copyfile(f"{empty}{end}", f"{filled}{end}")
    DuckDBStaging(filled).publish(Batch("project:1", tuple(rows)), Report(run))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["decode", "flatten", "replay", "load"])
def test_no_step_has_become_slower_by_thirty_per_cent(steps: Mapping[str, Callable[[], object]], name: str) -> None:
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    most = kept.get(name, 0.0) * (1 + MOST_LOST)
    # What lives in this process but not in a run is not to be searched for garbage.
    gc.collect()
    gc.freeze()
    ours = baseline = float("inf")
    for number in range(MOST_ROUNDS):
        baseline, ours = min(baseline, _cpu_seconds(steps["json"])), min(ours, _cpu_seconds(steps[name]))
        if number + 1 >= FEWEST_ROUNDS and ours <= most * baseline:
            break
    gc.unfreeze()
    ratio = ours / baseline
    told = f"{name}: {ours / ISSUES * 1_000:.3f} ms CPU an issue, {ratio:.2f} of reading the JSON (kept: {kept.get(name)})"
    print(f"\n{told}")
    if os.environ.get("SPEED_RATIOS") == "keep":
        KEPT.write_text(json.dumps(kept | {name: round(ratio, 2)}, indent=2, sort_keys=True) + "\n")
        return
    assert ratio <= most, told


def _cpu_seconds(step: Callable[[], object]) -> float:
    begun = time.process_time()
    step()
    return time.process_time() - begun
