"""The governor: retries, waits, and their bounds, with a clock that nobody waits for."""

import threading
import time

import pytest

from jira_api.clients import VirtualClock, governor
from jira_staging.errors import JiraAnswerUnusable, JiraUnavailable
from jira_staging.jira_api.answers import Answer, Cancelled, Traffic, TryAgain
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor, Patience

ROUTE = "GET /rest/api/3/field"
QUESTION = "GET https://acme.atlassian.net/rest/api/3/field"


def failing(times: int, fault: TryAgain) -> tuple[list[int], object]:
    tries: list[int] = []

    def attempt() -> str:
        tries.append(len(tries) + 1)
        if len(tries) <= times:
            raise fault
        return "done"

    return tries, attempt


def no_answer(status: int | None = None) -> TryAgain:
    return TryAgain(JiraUnavailable("No answer."), status=status)


@pytest.mark.parametrize(
    ("status", "chance", "waits"),
    [
        (None, 0.5, [1.0, 2.0, 4.0, 8.0, 16.0]),
        (None, 0.0, [0.7, 1.4, 2.8, 5.6, 11.2]),
        (503, 1.0, [1.3, 2.6, 5.2, 10.4, 20.8]),
        (429, 0.5, [5.0, 10.0, 20.0, 30.0, 30.0]),
    ],
)
def test_what_fails_is_tried_again_with_waits_that_double(status: int | None, chance: float, waits: list[float]) -> None:
    clock = VirtualClock()
    tries, attempt = failing(5, no_answer(status))
    pace = governor(clock, chance=chance)
    assert pace.persist(attempt, Patience(QUESTION, 6, 1000.0)) == "done"
    assert (tries, clock.waits) == ([1, 2, 3, 4, 5, 6], waits)
    assert pace.traffic == Traffic(retries=5, wait_seconds=pytest.approx(sum(waits)))


def test_when_the_tries_are_used_up_the_fault_itself_is_reported() -> None:
    clock = VirtualClock()
    _, attempt = failing(9, TryAgain(JiraAnswerUnusable("Cut off.")))
    with pytest.raises(JiraAnswerUnusable, match=r"^Cut off\.$"):
        governor(clock).persist(attempt, Patience(QUESTION, 3, 1000.0))
    assert clock.waits == [1.0, 2.0]


def test_a_wait_beyond_the_limit_is_reported_at_once_instead_of_slept() -> None:
    clock = VirtualClock()
    pace = governor(clock, chance=0.0)
    headers = {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-tenant-based"}
    pace.learn(ROUTE, Answer(429, b"", headers), started=clock())
    with pytest.raises(JiraUnavailable) as told, pace.turn("POST /another", Patience(QUESTION, 6, 120.0)):
        pytest.fail("nothing may be sent")
    assert str(told.value) == (
        f"{QUESTION}: Jira needs 1,847 seconds before it is asked again (429 jira-quota-tenant-based), and "
        f"this run may wait "
        "120 more for it. Run it again later, or raise the wait limits."
    )
    assert (told.value.wait_seconds, clock.waits) == (1847.0, [])


def test_all_waits_of_one_question_count_together() -> None:
    clock = VirtualClock()
    _, attempt = failing(9, no_answer())
    with pytest.raises(JiraUnavailable) as told:
        governor(clock).persist(attempt, Patience(QUESTION, 9, 10.0))
    assert str(told.value) == (
        "No answer. Asked 4 times; before the next time 8 seconds should pass, and this run may wait 3 more for it. Run it "
        "again later, or raise the wait limits."
    )
    assert clock.waits == [1.0, 2.0, 4.0]


def test_all_questions_of_a_run_may_wait_so_long_together_and_no_longer() -> None:
    clock = VirtualClock()
    pace = Governor(Pace(4), wait_limit_seconds=20.0, clock=clock, wait=clock.wait, chance=lambda: 0.5)
    for _ in range(2):
        assert pace.persist(failing(3, no_answer())[1], Patience(QUESTION, 6, 100.0)) == "done"
    with pytest.raises(JiraUnavailable, match=r"next time 4 seconds should pass, .* may wait 3 more"):
        pace.persist(failing(9, no_answer())[1], Patience(QUESTION, 6, 100.0))
    assert pace.traffic.wait_seconds == 17.0


def test_what_threads_wait_at_the_same_time_is_one_wait_of_the_run() -> None:
    waits: list[float] = []
    pace = Governor(Pace(4), wait_limit_seconds=10.0, clock=lambda: 0.0, wait=lambda s, _c: waits.append(s), chance=lambda: 0.5)
    for _ in range(5):
        assert pace.persist(failing(1, no_answer())[1], Patience(QUESTION, 6, 100.0)) == "done"
    assert (waits, pace.traffic.wait_seconds) == ([1.0] * 5, 1.0)


@pytest.mark.parametrize(("chance", "waited"), [(0.0, 10.0), (0.5, 11.5), (1.0, 13.0)])
def test_retry_after_is_the_least_that_is_waited(chance: float, waited: float) -> None:
    clock = VirtualClock()
    pace = governor(clock, chance=chance)
    pace.learn(ROUTE, Answer(429, b"", {"Retry-After": "10", "RateLimit-Reason": "jira-burst-based"}), started=clock())
    with pace.turn(ROUTE, Patience(QUESTION, 6, 120.0)):
        assert clock.waits == [waited]
    with pace.turn("POST /another", Patience(QUESTION, 6, 120.0)):
        assert clock.waits == [waited], "a burst on one route does not hold up another"


def test_keeping_to_the_rate_is_no_waiting_for_jira() -> None:
    clock = VirtualClock()
    pace = governor(clock)
    headers = {
        "RateLimit-Policy": '"jira-burst-based";q=10;w=1',
        "RateLimit": '"jira-burst-based";r=0',
        "X-RateLimit-Limit": "20",
    }
    pace.learn(ROUTE, Answer(200, b"12345", headers), started=clock())
    with pace.turn(ROUTE, Patience(QUESTION, 6, 0.0)):
        assert 0.1 <= sum(clock.waits) <= 0.3
    assert pace.traffic == Traffic(requests=1, bytes=5)


def test_no_more_are_under_way_than_the_pace_allows() -> None:
    pace = Governor(Pace(3))
    under_way, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal under_way, most
        with pace.turn(ROUTE, Patience(QUESTION, 6, 10.0)):
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.005)
            with lock:
                under_way -= 1

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, pace.traffic.requests) == (3, 20)


def test_a_cancelled_question_stops_waiting_for_its_turn_and_for_time() -> None:
    pace = Governor(Pace(1))
    cancelled = threading.Event()
    ended: list[str] = []

    def wait(what: str, patience: Patience) -> None:
        try:
            with pace.turn(ROUTE, patience):
                ended.append("sent")
        except Cancelled:
            ended.append(what)

    with pace.turn(ROUTE, Patience(QUESTION, 6, 10.0)):
        waiting = threading.Thread(target=wait, args=("turn", Patience(QUESTION, 6, 10.0, cancelled=cancelled)))
        waiting.start()
        cancelled.set()
        pace.wake()
        waiting.join(5)
    pace.learn(ROUTE, Answer(503, b"", {"Retry-After": "300"}), started=0.0)
    late = threading.Event()
    sleeping = threading.Thread(target=wait, args=("time", Patience(QUESTION, 6, 1000.0, cancelled=late)))
    sleeping.start()
    late.set()
    sleeping.join(5)
    assert ended == ["turn", "time"]
