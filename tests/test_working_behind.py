"""Work behind the thread that prepares the next: in order, one at a time, and no error is lost."""

import logging
import threading

import pytest

from jira_staging.working_behind import WorkingBehind


def test_work_is_done_in_order_while_the_next_is_prepared() -> None:
    done: list[tuple[int, str]] = []
    may_end = threading.Event()
    behind = WorkingBehind("publishing")

    def first() -> None:
        assert may_end.wait(10)
        done.append((1, threading.current_thread().name))

    with behind.working():
        behind.begin(first)
        assert done == []
        may_end.set()
        behind.begin(lambda: done.append((2, threading.current_thread().name)))
        behind.settle()
        assert done == [(1, "publishing_0"), (2, "publishing_0")]
        behind.begin(lambda: done.append((3, threading.current_thread().name)))
    assert done[2:] == [(3, "publishing_0")], "what was begun is done when the block ends"
    behind.begin(lambda: done.append((4, threading.current_thread().name)))
    assert done[3:] == [(4, threading.current_thread().name)], "outside it is done at once"


@pytest.mark.parametrize("last", [True, False])
def test_what_work_raises_is_raised_where_the_next_begins_or_at_the_end(*, last: bool) -> None:
    begun: list[str] = []
    behind = WorkingBehind("publishing")

    def fails() -> None:
        raise OSError("the disk is full")

    def story() -> None:
        with behind.working():
            behind.begin(fails)
            if not last:
                behind.begin(lambda: begun.append("next"))

    with pytest.raises(OSError, match="the disk is full"):
        story()
    assert begun == []
    behind.settle()


def test_an_error_beside_another_is_told(caplog: pytest.LogCaptureFixture) -> None:
    behind = WorkingBehind("publishing")
    may_fail = threading.Event()

    def fails() -> None:
        assert may_fail.wait(10)
        raise OSError("the disk is full")

    def story() -> None:
        with behind.working():
            behind.begin(fails)
            may_fail.set()
            raise KeyError("Jira does not answer")

    with caplog.at_level(logging.WARNING), pytest.raises(KeyError):
        story()
    assert [record.getMessage() for record in caplog.records] == [
        "While that happened, publishing failed as well: OSError: the disk is full"
    ]
