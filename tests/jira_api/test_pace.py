"""The pace, driven in virtual time against a simulated limit."""

import pytest

from jira_api.pace_simulation import ROUTE, SimulatedLimit, simulate
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.rate_headers import Signs

QUICK = Signs(200)
AT_ONCE = ConnectionOptions.most_at_once


def answered(pace: Pace, signs: Signs, *, started: float, now: float) -> None:
    pace.begin(ROUTE, started)
    pace.learn(ROUTE, signs, started=started, now=now)
    pace.end()


def test_concurrency_starts_small_grows_while_it_is_used_and_answers_are_quick() -> None:
    pace = Pace(AT_ONCE)
    assert pace.limit == 4.0
    pace.under_way = 3
    for second in range(4):
        answered(pace, QUICK, started=second, now=second + 0.1)
    assert 4.9 < pace.limit < 5.1
    answered(pace, QUICK, started=10, now=11)
    assert 4.9 < pace.limit < 5.1, "an answer that took ten times as long shows that Jira is queueing"
    pace.under_way = 1
    answered(pace, QUICK, started=20, now=20.1)
    assert 4.9 < pace.limit < 5.1, "a limit that is not used must not grow"


def test_concurrency_never_exceeds_what_was_asked_for() -> None:
    pace = Pace(2)
    assert pace.limit == 2.0
    pace.under_way = 1
    for second in range(50):
        answered(pace, QUICK, started=second, now=second + 0.1)
    assert pace.limit == 2.0


@pytest.mark.parametrize("status", [429, 503])
def test_one_wave_of_refusals_halves_concurrency_once(status: int) -> None:
    pace = Pace(AT_ONCE, limit=8.0)
    for _ in range(8):
        answered(pace, Signs(status), started=5.0, now=6.0)
    assert pace.limit == 4.0
    answered(pace, Signs(status), started=7.0, now=8.0)
    assert pace.limit == 2.0
    for second in range(10, 20):
        answered(pace, Signs(status), started=second, now=second + 0.5)
    assert pace.limit == 1.0


def test_without_headers_the_documented_limit_is_kept() -> None:
    pace = Pace(1000, limit=1000.0)
    sent = 0
    for step in range(2000):
        now = step / 1000
        while not pace.delay(ROUTE, now):
            pace.begin(ROUTE, now)
            sent += 1
    assert 285 <= sent <= 100 + 2 * 95


def test_routes_have_buckets_of_their_own() -> None:
    pace = Pace(AT_ONCE)
    answered(pace, Signs(200, per_second=8.0, at_once=28.0, left=0.0), started=0.0, now=0.1)
    assert pace.delay(ROUTE, 0.1) > 0.1
    assert pace.delay("GET /rest/api/3/field", 0.1) == 0.0


def test_a_burst_closes_its_route_and_a_quota_closes_all() -> None:
    pace = Pace(AT_ONCE)
    pace.close(ROUTE, 10.0, Signs(429, reason="jira-burst-based"))
    assert (pace.closed_for(ROUTE, 4.0), pace.closed_for("GET /rest/api/3/field", 4.0)) == (6.0, 0.0)
    pace.close(ROUTE, 30.0, Signs(429, reason="jira-quota-tenant-based"))
    assert (pace.closed_for(ROUTE, 4.0), pace.closed_for("GET /rest/api/3/field", 4.0)) == (26.0, 26.0)
    assert pace.closed_because == "429 jira-quota-tenant-based"
    assert pace.closed_for(ROUTE, 31.0) == 0.0


@pytest.mark.parametrize(("per_second", "capacity"), [(8.0, 28.0), (100.0, 350.0), (100.0, 200.0)])
def test_one_run_holds_the_limit_with_hardly_a_refusal(per_second: float, capacity: float) -> None:
    outcome = simulate([Pace(AT_ONCE)], SimulatedLimit(per_second, capacity), 60)
    requests = len(outcome.granted[0]) + len(outcome.refused[0])
    assert outcome.rate(0, 5, 60) >= 0.9 * per_second
    assert len(outcome.refused[0]) < 0.01 * requests


@pytest.mark.parametrize("runs", [2, 3])
@pytest.mark.parametrize(("per_second", "capacity"), [(8.0, 28.0), (100.0, 350.0)])
def test_runs_that_share_a_tenant_share_it_fairly(runs: int, per_second: float, capacity: float) -> None:
    outcome = simulate([Pace(AT_ONCE) for _ in range(runs)], SimulatedLimit(per_second, capacity), 120)
    shares = [outcome.rate(run, 20, 120) / per_second for run in range(runs)]
    refused = sum(map(len, outcome.refused)) / sum(map(len, outcome.granted))
    assert sum(shares) >= 0.9
    assert max(shares) <= 1.15 * min(shares)
    assert refused < 0.02


def test_a_second_run_gets_its_share_of_one_that_is_at_full_speed() -> None:
    first = Pace(AT_ONCE)
    limit = SimulatedLimit(8.0, 28.0)
    simulate([first], limit, 60)
    limit.filled_at = 0.0
    first.under_way, first.buckets[ROUTE].filled_at, first.buckets[ROUTE].lowered_at = 0, 0.0, 0.0
    outcome = simulate([first, Pace(AT_ONCE)], limit, 120)
    shares = [outcome.rate(run, 20, 120) for run in range(2)]
    assert max(shares) <= 1.2 * min(shares)


def test_after_trouble_the_full_pace_is_back_within_seconds() -> None:
    outcome = simulate([Pace(AT_ONCE)], SimulatedLimit(100.0, 350.0), 30, trouble=(5.0, 8.0))
    during = [limit for at, limit in outcome.limits[0] if 7.0 <= at < 8.0]
    assert set(during) == {1.0}
    assert outcome.rate(0, 11, 30) >= 0.85 * 100


def test_at_rest_the_concurrency_does_not_oscillate() -> None:
    outcome = simulate([Pace(AT_ONCE)], SimulatedLimit(100.0, 350.0), 60)
    assert {limit for at, limit in outcome.limits[0] if at > 5} == {AT_ONCE}


def test_where_jira_queues_the_concurrency_stops_growing() -> None:
    outcome = simulate([Pace(64)], SimulatedLimit(1000.0, 1000.0, latency=0.5, busy=8), 60)
    assert 8 <= outcome.limits[0][-1][1] <= 24


def test_a_bucket_of_all_routes_holds_them_back_together() -> None:
    pace = Pace(4)
    pace.begin("GET a", 0.0)
    told = Signs(200, per_second=5.0, at_once=70.0, left=0.0, is_shared=True)
    pace.learn("GET a", told, started=0.0, now=0.0)
    assert pace.delay("GET a", 0.0) == pace.delay("GET b", 0.0) > 0
