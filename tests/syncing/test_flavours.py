"""Which tests of whole runs are for one kind of Jira alone: the exception, and never without a reason."""

import ast
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
# Of a hundred tests of whole runs, at most so many may be about what only Cloud has.
MOST_FOR_CLOUD_ALONE = 12


def decorators(test: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    """The names by which a test is decorated, with what each was given."""
    found: dict[str, list[ast.expr]] = {}
    for decorator in test.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        found[ast.unparse(called)] = decorator.args if isinstance(decorator, ast.Call) else []
    return found


def of_whole_runs() -> list[ast.FunctionDef]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HERE.glob("test_*.py")]
    return [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def test_tests_for_cloud_alone_stay_the_exception_and_say_why() -> None:
    marked: Counter[str] = Counter()
    for test in of_whole_runs():
        for name, given in decorators(test).items():
            if name in ("cloud_only", "data_center_only"):
                marked[name] += 1
                assert [len(ast.literal_eval(reason)) > 10 for reason in given] == [True], test.name
            marked[name] += name == "both_flavours"
    assert marked["cloud_only"] <= len(of_whole_runs()) * MOST_FOR_CLOUD_ALONE / 100
    assert marked["both_flavours"] > marked["cloud_only"] > 0
