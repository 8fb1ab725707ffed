"""Who is compared: how each is installed and started, and how its result is asked what arrived."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COUNTED = ("issues", "changes", "comments", "worklogs")


@dataclass(frozen=True)
class Contender:
    """One way to load Jira: packages by virtual environment, the words that start it, and what to ask of its result."""

    environments: Mapping[str, Sequence[str]]
    words: Callable[[Mapping[str, Path], Mapping[str, Any], Path], list[str]]
    asked: Mapping[str, str]


def _ours(_places: Mapping[str, Path], site: Mapping[str, Any], database: Path) -> list[str]:
    definitions = database.parent / "definitions"
    definitions.mkdir()
    (definitions / "bench.yaml").write_text("name: bench\nbackend: environment\nsecret_name: BENCH_JIRA\n")
    words = [sys.executable, "-m", "jira_staging", "sync", "--site", site["url"], "--account", site["email"], "--json"]
    return [*words, "--api-token", "bench", "--definitions", str(definitions), "--destination", f"duckdb:{database}"]


def _script(name: str, *environments: str, options: Sequence[str] = ()) -> Callable[..., list[str]]:
    """A script of this folder: its interpreter is the first environment's, the folders of the others are told to it."""

    def words(places: Mapping[str, Path], site: Mapping[str, Any], database: Path) -> list[str]:
        first, *others = (places[name] for name in environments)
        return [str(first / "bin" / "python"), str(HERE / name), json.dumps(site), str(database), *map(str, others), *options]

    return words


_DLT = ("dlt[duckdb,parquet]==1.31.0",)
_OF_DLT = {
    "issues": "SELECT count(*) FROM main_jira.issues",
    "changes": "SELECT count(*) FROM main_jira.issues__changelog__histories__items",
    "comments": "SELECT count(*) FROM main_jira.issues__fields__comment__comments",
    "worklogs": "SELECT count(*) FROM main_jira.issues__fields__worklog__worklogs",
}
CONTENDERS = {
    "Jira staging": Contender(
        {},
        _ours,
        {
            "issues": "SELECT count(*) FROM jira.issue",
            "changes": "SELECT count(*) FROM jira.changelog_item",
            "comments": "SELECT count(*) FROM jira.comment",
            "worklogs": "SELECT count(*) FROM jira.worklog",
        },
    ),
    "by hand": Contender(
        {"by_hand": ("requests==2.32.5", "pandas==3.1.1", "duckdb==1.4.3", "duckdb-engine==0.17.0", "sqlalchemy==2.0.44")},
        _script("by_hand_peer.py", "by_hand"),
        {name: f"SELECT count(*) FROM {name}" for name in COUNTED},
    ),
    "dlt, Parquet": Contender({"dlt": _DLT}, _script("dlt_peer.py", "dlt", options=["parquet"]), _OF_DLT),
    "dlt": Contender({"dlt": _DLT}, _script("dlt_peer.py", "dlt", options=["insert"]), _OF_DLT),
    "Singer": Contender(
        {"singer": (), "tap_jira": ("tap-jira==2.6.0",), "target_duckdb": ("target-duckdb==0.8.0",)},
        _script("singer_peer.py", "singer", "tap_jira", "target_duckdb"),
        {
            "issues": "SELECT count(*) FROM main.issues",
            "changes": "SELECT coalesce(sum(json_array_length(items::JSON)), 0) FROM main.changelogs",
            "comments": "SELECT count(*) FROM main.issue_comments",
            "worklogs": "SELECT count(*) FROM main.worklogs",
        },
    ),
    "Airbyte": Contender(
        {"airbyte": ("airbyte==0.71.3", "pyyaml"), "source_jira": ("airbyte-source-jira==4.0.0",)},
        _script("airbyte_peer.py", "airbyte", "source_jira"),
        {
            "issues": "SELECT count(*) FROM main.issues",
            "changes": "SELECT coalesce(sum(json_array_length(history, '$.items')), 0) FROM "
            "(SELECT unnest(json_extract(changelog, '$.histories[*]')) AS history FROM main.issues)",
            "comments": "SELECT count(*) FROM main.issue_comments",
            "worklogs": "SELECT count(*) FROM main.issue_worklogs",
        },
    ),
}
