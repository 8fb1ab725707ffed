"""A notebook's code cells run one after the other in this process, without a Jupyter server; their outputs written into it.

`PYTHONPATH=tests python -m executed_notebook` runs include/notebooks/first_look.ipynb over a simulated site and keeps its
outputs.
"""

import ast
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from simulated_jira import Settings, SimulatedJira
from syncing.bench import Bench

NOTEBOOK = Path(__file__).parents[1] / "include" / "notebooks" / "first_look.ipynb"
DATABASE = "JIRA_STAGING_DUCKDB"


def load_site(file: Path, issues: int) -> None:
    """The simulated site that the notebook was run over, in a DuckDB file, by a clock that stands still."""
    with SimulatedJira(issues, projects=3, seed=11, settings=Settings(custom_fields=17, issue_bytes=4_000)) as jira:
        jira.clock.freeze(jira.site.start_ms)
        bench = Bench(jira, file)
        bench.sync(reporting_views=True, reporting_time_zone="Europe/Berlin")
        bench.release()


def run_cells(notebook: dict[str, Any], database: Path) -> list[list[dict[str, Any]]]:
    """Each code cell's outputs, as a notebook keeps them: what it printed, and the value of its last line."""
    names: dict[str, Any] = {"__name__": "__main__"}
    os.environ[DATABASE] = str(database)
    try:
        return [_run("".join(cell["source"]), names, nth) for nth, cell in enumerate(code_cells(notebook), 1)]
    finally:
        del os.environ[DATABASE]


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """The cells with code, in their order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _run(source: str, names: dict[str, Any], nth: int) -> list[dict[str, Any]]:
    tree, printed = ast.parse(source), io.StringIO()
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {nth}", "exec"), names)
        value = eval(compile(ast.Expression(last.value), f"cell {nth}", "eval"), names) if isinstance(last, ast.Expr) else None
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        if hasattr(value, "_repr_html_"):
            data["text/html"] = value._repr_html_().splitlines(keepends=True)
        outputs.append({"output_type": "execute_result", "execution_count": nth, "metadata": {}, "data": data})
    return outputs


def main() -> None:
    """Run it, and write it anew with its outputs."""
    notebook = json.loads(NOTEBOOK.read_text())
    with tempfile.TemporaryDirectory() as folder:
        load_site(Path(folder) / "staging.duckdb", 400)
        outputs = run_cells(notebook, Path(folder) / "staging.duckdb")
    for nth, (cell, told) in enumerate(zip(code_cells(notebook), outputs, strict=True), 1):
        cell |= {"execution_count": nth, "outputs": told}
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
