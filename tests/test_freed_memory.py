"""The collector of circles rests while payloads become rows, and what circles there are is freed all the same."""

import gc
import weakref

import pytest

from jira_staging.freed_memory import collect_young, collector_paused


class Circle:
    """Refers to itself, as an error and its traceback do."""

    def __init__(self) -> None:
        self.itself = self


def test_inside_only_a_call_looks_for_circles_and_afterwards_it_goes_on_by_itself() -> None:
    with collector_paused():
        assert not gc.isenabled()
        circle = weakref.ref(Circle())
        for _ in range(3 * gc.get_threshold()[0]):
            Circle()
        assert circle() is not None
        collect_young()
        assert circle() is None
    assert gc.isenabled()


def test_it_goes_on_after_an_error_and_stays_off_where_it_was_off() -> None:
    with pytest.raises(KeyError), collector_paused():
        raise KeyError
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
