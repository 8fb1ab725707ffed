"""Several questions at once, answers in order, and only so many held."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from jira_api.clients import Vault, client
from jira_api.small_server import MYSELF, Given, Seen, json, serving
from jira_staging.errors import JiraUnavailable
from jira_staging.jira_api import in_order as in_turn
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.in_order import ROOM, in_order


@pytest.fixture
def jira() -> Iterator[JiraClient]:
    with client("https://acme.atlassian.net", most_at_once=4) as door:
        yield door


def after(seconds: float, value: int) -> Callable[[JiraClient], int]:
    def act(_jira: JiraClient) -> int:
        time.sleep(seconds)
        return value

    return act


def jira_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("jira")]


def wait_until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)
    return happened()


def test_answers_come_in_the_order_of_the_questions(jira: JiraClient) -> None:
    acts = [after(0.03 if number % 4 == 0 else 0.0, number) for number in range(40)]
    assert list(in_order(jira, acts)) == list(range(40))


def test_several_are_under_way_at_once(jira: JiraClient) -> None:
    together = threading.Barrier(4, timeout=5)
    assert list(in_order(jira, [lambda _jira: together.wait() >= 0] * 8)) == [True] * 8


def test_nothing_more_is_asked_while_what_came_is_large(jira: JiraClient) -> None:
    drawn: list[int] = []
    slow = threading.Event()

    def acts() -> Iterator[Callable[[JiraClient], int] | in_turn.Given[int]]:
        for number in range(6):
            drawn.append(number)
            yield in_turn.Given(number) if number else lambda _jira: 0 if slow.wait(5) else -1

    answers = in_order(jira, acts(), size=lambda number: ROOM.bytes * 2 // 3 if number else 0)
    found: list[int] = []
    reader = threading.Thread(target=lambda: found.extend(answers))
    reader.start()
    assert wait_until(lambda: len(drawn) == 3)
    time.sleep(0.05)
    assert drawn == [0, 1, 2]
    slow.set()
    reader.join(5)
    assert found == list(range(6))


def test_questions_are_drawn_only_as_far_as_results_may_be_held(jira: JiraClient) -> None:
    drawn: list[int] = []

    def acts() -> Iterator[Callable[[JiraClient], int]]:
        for number in range(1000):
            drawn.append(number)
            yield after(0.0, number)

    with closing(in_order(jira, acts())) as answers:
        assert [next(answers) for _ in range(3)] == [0, 1, 2]
        assert len(drawn) == 9


def test_the_first_error_comes_after_all_answers_before_it(jira: JiraClient) -> None:
    def fail(_jira: JiraClient) -> int:
        raise JiraUnavailable("Down.")

    answers = in_order(jira, [after(0.02, 0), after(0.02, 1), fail, after(0.0, 3)])
    assert [next(answers), next(answers)] == [0, 1]
    with pytest.raises(JiraUnavailable, match="Down"):
        next(answers)


@pytest.mark.parametrize("how", ["stops", "raises"])
def test_when_the_consumer_leaves_the_threads_end_and_nothing_more_is_asked(how: str) -> None:
    with serving(lambda _r: json(MYSELF)) as (url, seen), JiraClient(url, Vault()) as jira:
        jira.sign_in()

        def act(door: JiraClient) -> int:
            door.get("/rest/api/3/field")
            return len(seen)

        def consume() -> None:
            with closing(in_order(jira, [act] * 1000)) as answers:
                next(answers)
                if how == "raises":
                    raise RuntimeError("The database is gone.")

        if how == "raises":
            with pytest.raises(RuntimeError):
                consume()
        else:
            consume()
        assert wait_until(lambda: not jira_threads())
        assert len(seen) < 40


def test_waits_of_dropped_questions_end_at_once() -> None:
    busy = json({}, 503, Retry_After="100")
    first = threading.Event()

    def answer(request: Seen) -> Given:
        if request.path.endswith("/myself"):
            return json(MYSELF)
        first.set()
        return busy

    with serving(answer) as (url, _), JiraClient(url, Vault()) as jira:
        jira.sign_in()
        answers = in_order(jira, [after(0.0, 1), *[lambda door: door.get("/rest/api/3/field").status] * 50])
        assert next(answers) == 1
        assert first.wait(5)
        begun = time.monotonic()
        answers.close()
        assert wait_until(lambda: not jira_threads())
        assert time.monotonic() - begun < 2
