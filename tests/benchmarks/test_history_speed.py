"""How long an issue's whole history takes, from decoded payloads to rows: eight histories an issue, all five tables."""

import gc
import json
import time
from collections.abc import Callable

import pytest

from jira_staging.entities.changelog import ChangelogDecoder
from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.entities.history import HistoryFlattener
from jira_staging.entities.issue import IssueFlattener
from jira_staging.entities.issue_payload import with_sources
from jira_staging.tables import GROUPS
from simulated_jira import Settings, SimulatedJira, lives
from simulated_jira.entries import history_json
from simulated_jira.rendering import Renderer
from simulated_jira.selection import selection_of

ISSUES = 2_000
# Reading the same payloads into Python objects, and nothing more.
MOST_TIMES_OF_JSON_LOADS = 1.0  # measured: 0.6


def _payloads() -> tuple[bytes, bytes, dict[int, list[bytes]]]:
    site = SimulatedJira(ISSUES, projects=8, seed=3, settings=Settings(custom_fields=110, issue_bytes=10_000)).site
    renderer = Renderer(site, selection_of(site, ["*all"]))
    issues = list(site.issues.values())
    arrays = {
        issue.id: [b"[" + b",".join(history_json(site, entry) for entry in lives.histories(site, issue)) + b"]"]
        for issue in issues
    }
    fields = json.dumps([known.payload() for known in site.fields]).encode()
    return fields, b"[" + b",".join(map(renderer.issue, issues)) + b"]", arrays


def _cpu_an_issue(work: Callable[[], object]) -> float:
    """Milliseconds of CPU, the best of five."""
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best / ISSUES * 1_000


@pytest.mark.slow
def test_a_whole_history_costs_less_than_reading_the_json() -> None:
    fields, page, arrays = _payloads()
    catalogue = FieldCatalogue(fields)
    flattener = IssueFlattener(catalogue, with_sources(GROUPS["history"]))
    batch = flattener.decode([page])
    issues = flattener.flatten_batch(batch).rows[0].data
    changelogs = ChangelogDecoder(catalogue.fields).decode(arrays, batch.ids)
    items = sum(len(history.items) for told in changelogs.histories.values() for history in told)
    # What lives in this process but not in a run is not to be searched for garbage.
    gc.collect()
    gc.freeze()

    def replay() -> None:
        histories = HistoryFlattener(catalogue, GROUPS["history"], done_statuses=[10001]).flatten(batch, issues, changelogs)
        assert sum(given.data.num_rows for given in histories.rows) > 30 * ISSUES

    ours = _cpu_an_issue(replay)
    baseline = _cpu_an_issue(lambda: [json.loads(page), [json.loads(array) for (array,) in arrays.values()]])
    gc.unfreeze()
    told = f"{ours:.3f} ms CPU to history, {baseline:.3f} ms to Python objects: {ours / baseline:.2f}"
    print(f"\n{items / ISSUES:.1f} changes an issue: {told}")
    assert ours < MOST_TIMES_OF_JSON_LOADS * baseline
