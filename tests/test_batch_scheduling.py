"""A load tells the scheduler that it is no urgent work, and nothing of it stays behind."""

import os
import threading

import pytest

from jira_staging.batch_scheduling import scheduled_as_batch

# Elsewhere there is nothing to choose, and the first test holds that.
has_policies = pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="Only Linux has these policies.")


def _policy_of_a_new_thread() -> int:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(os.sched_getscheduler(0)))
    thread.start()
    thread.join()
    return found[0]


def test_a_system_without_such_work_loads_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCHED_BATCH", "SCHED_OTHER", "sched_getscheduler", "sched_setscheduler"):
        monkeypatch.delattr(os, name, raising=False)
    ran = False
    with scheduled_as_batch():
        ran = True
    assert ran


@has_policies
def test_this_thread_and_those_it_starts_are_batch_work_until_the_end() -> None:
    with scheduled_as_batch():
        assert (os.sched_getscheduler(0), _policy_of_a_new_thread()) == (os.SCHED_BATCH, os.SCHED_BATCH)
    assert (os.sched_getscheduler(0), _policy_of_a_new_thread()) == (os.SCHED_OTHER, os.SCHED_OTHER)


@has_policies
def test_an_error_ends_it_too() -> None:
    with pytest.raises(KeyError), scheduled_as_batch():
        raise KeyError
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


@has_policies
def test_a_policy_that_somebody_chose_stays() -> None:
    seen: list[int] = []

    def run() -> None:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        with scheduled_as_batch():
            seen.append(os.sched_getscheduler(0))
        seen.append(os.sched_getscheduler(0))

    # In a thread of its own: not every system lets go of this policy again.
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [os.SCHED_IDLE, os.SCHED_IDLE]


@has_policies
@pytest.mark.parametrize("forbidden", ["sched_getscheduler", "sched_setscheduler"])
def test_a_system_that_forbids_it_loads_all_the_same(monkeypatch: pytest.MonkeyPatch, forbidden: str) -> None:
    def refuse(*_given: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as sandbox:
        sandbox.setattr(os, forbidden, refuse)
        with scheduled_as_batch():
            sandbox.undo()
            inside = os.sched_getscheduler(0)
    assert inside == os.SCHED_OTHER
