"""A short run as a story of staging alone, and the same in a process that is killed at one of its statements."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from forked_children import started
from jira_staging.records import Batch, Report
from jira_staging.staging import Staging
from staging.invented_rows import a_run, a_state, issue, label, link, rows_of, values

ISSUES = (1, 2, 3, 4)


def scope_of(number: int) -> str:
    return f"project:{number}"


def ids_of(number: int) -> list[int]:
    """The issues of a scope."""
    return [number * 10 + position for position in ISSUES]


def tell(staging: Staging, number: int, report: Report) -> None:
    """Load a scope's issues in two batches, or those that a killed run left. The schema is prepared."""
    scope = scope_of(number)
    with staging.locked([scope], 20):
        if not values(staging, "_sync_state", "watermark", scope=[scope], entity=["issue"]):
            left = [int(str(found)) for (found,) in values(staging, "_sync_sweep", "issue_id", scope=[scope])]
            if not left:
                left = ids_of(number)
                staging.store_sweep(scope, left, 5, a_state(scope, entity="_sync_sweep"))
            for part in (left[:2], left[2:]):
                states = (a_state(scope),) if part[-1:] == left[-1:] else ()
                staging.publish(Batch(scope, _rows(part), swept=part, states=states), report)


def _rows(ids: list[int]) -> Any:
    # A field that is new with every second scope, so that columns are added while others load.
    field = f"customfield_{ids[0] // 20}" if ids else ""
    issues = rows_of("issue", *(issue(one, **{field: "x"}) for one in ids), custom={field: "text"} if ids else {})
    return (
        issues,
        rows_of("issue_label", *(label(one, "a") for one in ids), owners=ids),
        rows_of("issue_link", *(link(one, one) for one in ids), owners=ids),
    )


def is_killed(warehouse: Any, number: int, statement: int, folder: str) -> bool:
    """Tell the story of a scope in a process of its own, which is killed before its n-th statement, if there are so many."""
    child = started(_tell_and_die, warehouse, number, statement, folder)
    child.join(120)
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def tell_at_once(warehouse: Any, numbers: Iterable[int], folder: str) -> list[int | None]:
    """Tell the stories of several scopes in as many processes at the same time; gives their exit codes."""
    children = [started(_tell_and_die, warehouse, number, 0, folder) for number in numbers]
    for child in children:
        child.join(120)
    return [child.exitcode for child in children]


def _tell_and_die(warehouse: Any, number: int, statement: int, folder: str) -> None:
    tempfile.tempdir = folder
    staging, report = warehouse.staging(), Report(a_run(f"killed {number}"))
    staging.prepare(report.run)
    _count_down(warehouse.statements, statement)
    tell(staging, number, report)
    staging.finish(report)


def _count_down(statements: list[tuple[type, str]], last: int) -> None:
    left = last

    def mortal(run: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                # At once: no handler, no `finally`, no commit.
                os.kill(os.getpid(), signal.SIGKILL)
            return run(*given, **named)

        return counted

    for owner, name in statements:
        setattr(owner, name, mortal(getattr(owner, name)))
