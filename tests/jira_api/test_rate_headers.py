"""What headers say about the pace."""

import pytest

from jira_staging.jira_api.answers import Answer
from jira_staging.jira_api.rate_headers import Signs, milliseconds_of, moment_of, read_signs

DATE = "Mon, 02 Nov 2026 15:00:00 GMT"


def signs(status: int, **headers: str) -> Signs:
    return read_signs(Answer(status, b"", {name.replace("_", "-"): value for name, value in headers.items()}))


def test_the_documented_headers_give_rate_bucket_and_rest() -> None:
    read = signs(
        200,
        RateLimit='"jira-burst-based";r=349;t=1',
        RateLimit_Policy='"jira-burst-based";q=100;w=1',
        X_RateLimit_Limit="350",
        X_RateLimit_Remaining="349",
    )
    assert read == Signs(200, per_second=100.0, at_once=350.0, left=349.0)


def test_of_several_policies_the_tightest_short_one_counts() -> None:
    policy = '"jira-quota-tenant-based";q=100000;w=3600, "jira-burst-based";q=100;w=1, "other";q=300;w=30'
    read = signs(200, RateLimit='"other";r=7;t=3, "jira-burst-based";r=90', RateLimit_Policy=policy)
    assert read == Signs(200, per_second=10.0, left=7.0)


def test_a_quota_in_points_is_no_rate() -> None:
    assert signs(200, RateLimit_Policy='"jira-quota-global-based";q=65000;w=3600', X_RateLimit_Remaining="3") == Signs(200)


def test_an_answer_without_headers_says_nothing() -> None:
    assert signs(200) == Signs(200)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry_After": "7"}, 7.0),
        ({"Retry_After": "Mon, 02 Nov 2026 15:00:30 GMT", "Date": DATE}, 30.0),
        ({"Retry_After": "Mon, 02 Nov 2026 15:00:30 GMT"}, None),
        ({"Retry_After": "1", "X_RateLimit_Reset": "2026-11-02T15:30Z", "Date": DATE}, 1800.0),
        ({"X_RateLimit_Reset": "2026-11-02T15:00:05Z", "Date": DATE}, 5.0),
        ({"X_RateLimit_Reset": "2026-11-02T14:00:05Z", "Date": DATE}, None),
        ({"Retry_After": "0"}, None),
        ({"Retry_After": "-3"}, None),
        ({"Retry_After": "nan"}, None),
        ({"Retry_After": "inf"}, None),
        ({"Beta_Retry_After": "99"}, None),
    ],
)
def test_the_wait_asked_for_is_read_by_jiras_own_clock(headers: dict[str, str], wait: float | None) -> None:
    assert signs(429, **headers).asked_wait == wait


def test_only_a_refusal_asks_to_wait() -> None:
    assert signs(200, Retry_After="9").asked_wait is None


@pytest.mark.parametrize(
    ("reason", "everywhere"),
    [
        ("jira-burst-based", False),
        ("jira-per-issue-on-write", False),
        ("jira-quota-tenant-based", True),
        ("jira-cost-based", True),
        ("", True),
    ],
)
def test_a_burst_concerns_its_route_and_everything_else_all(reason: str, everywhere: bool) -> None:
    assert signs(429, RateLimit_Reason=reason).everywhere is everywhere


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (DATE, 1793631600.0),
        ("2026-11-02T15:00:00.000+0000", 1793631600.0),
        ("2026-11-02T10:00:00.000-0500", 1793631600.0),
        ("2026-11-02T15:00Z", 1793631600.0),
        ("2026-11-02T15:00:00", None),
        ("", None),
        (None, None),
        ("soon", None),
    ],
)
def test_moments_are_read_as_jira_writes_them(text: str | None, seconds: float | None) -> None:
    moment = moment_of(text)
    assert (moment.timestamp() if moment else None) == seconds


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2004-01-12T09:33:14.827+0000", 1_073_899_994_827),
        ("2004-11-02T22:08:46.373+0000", 1_099_433_326_373),
        ("2026-11-02T15:00:00.001+0000", 1_793_631_600_001),
        ("yesterday", None),
    ],
)
def test_no_millisecond_is_lost_when_moments_become_numbers(text: str, milliseconds: int | None) -> None:
    assert milliseconds_of(text) == milliseconds


def test_data_center_counts_all_routes_together() -> None:
    headers = {
        "X-RateLimit-Limit": "70",
        "X-RateLimit-Remaining": "69",
        "X-RateLimit-FillRate": "5",
        "X-RateLimit-Interval-Seconds": "1",
        "Retry-After": "0",
    }
    assert read_signs(Answer(200, b"", headers)) == Signs(200, per_second=5.0, at_once=70.0, left=69.0, is_shared=True)
    refused = read_signs(Answer(429, b"", headers | {"X-RateLimit-Remaining": "0", "Retry-After": "2"}))
    assert (refused.asked_wait, refused.everywhere) == (2.0, True)
