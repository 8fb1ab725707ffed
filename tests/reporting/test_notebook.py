"""The analysts' notebook: run, kept with its outputs, and still running over a file of today's tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from executed_notebook import NOTEBOOK, code_cells, load_site, run_cells


@pytest.fixture
def notebook() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(NOTEBOOK.read_text())
    return told


def test_the_notebook_is_of_the_format_and_was_executed_from_top_to_bottom(notebook: dict[str, Any]) -> None:
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in notebook["cells"]:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
    cells = code_cells(notebook)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell["outputs"] for cell in cells)


def test_its_cells_run_over_todays_tables_and_show_the_same_columns(notebook: dict[str, Any], tmp_path: Path) -> None:
    load_site(tmp_path / "staging.duckdb", 60)
    outputs = run_cells(notebook, tmp_path / "staging.duckdb")
    for cell, told in zip(code_cells(notebook), outputs, strict=True):
        assert [output["output_type"] for output in told] == [output["output_type"] for output in cell["outputs"]]
        for fresh, kept in zip(told, cell["outputs"], strict=True):
            assert fresh["data"].keys() == kept["data"].keys()
            assert fresh["data"]["text/html"] != []
