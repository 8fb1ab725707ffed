"""What a simulated site is like: one frozen record, so that a test or a command line says only what differs."""

from dataclasses import dataclass
from typing import Literal

SITE_URL = "https://simulated.atlassian.net"
"""The address inside payloads (`self`, icons). Fixed: with the server's own port equal seeds would give unequal bytes."""

CLOUD_ID = "5f3a1c9e-7b42-4d1a-9c35-0e8d2b6f4a17"

Locale = Literal["en_US", "zh_CN", "ko_KR"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The site's size comes from `SimulatedJira`; everything else about it from here.

    time_zone: the profile zone of the main account: payload times carry its offset and JQL literals are read in it.
    locale: `zh_CN` and `ko_KR` localize status names and the commonest error messages.
    clock_start: ISO instant at which the site's clock starts to tick, or `machine` for this computer's own time.
    custom_fields: how many an issue has (at least 17).
    issue_bytes: the size of an issue's `fields` without comments and worklogs, roughly, reached by its description;
        the other fields take 5 KB and 50 bytes for each custom field in any case.
    histories, comments, worklogs: average number an issue has; a few issues have far more than Jira embeds.
    latency_ms, latency_ms_per_issue: waiting time of each answer, and more for each issue in it.
    gzip: compress answers for clients that accept it.
    gateway_prefix: a path in front of `/ex/jira/{cloudId}` and `/oauth/token`, to serve `api.atlassian.com` apart.
    embedded_*: how many entries Jira puts into an issue that it returns with others.
    fielded_page: the most issues on a search page that shows fields.
    enforce_rate_limits: answer 429 when a bucket of `rate_limits` is empty (the headers are sent in any case).
    service_desk: whether one more project, HELP, is a service desk of Jira Service Management.
    longest_jql: characters, None for no limit. audit_log: False answers 403, as a Free site does.
    search_page: the most issues on a page of Data Center's search. captcha_after: its wrong passwords until a CAPTCHA.
    most_groups: how many groups it finds at once (`jira.ajax.autocomplete.limit`).
    """

    flavour: Literal["cloud", "data_center"] = "cloud"
    time_zone: str = "America/New_York"
    locale: Locale = "en_US"
    clock_start: str = "2026-11-02T15:00:00+00:00"
    custom_fields: int = 110
    issue_bytes: int = 12_000
    histories: float = 8.0
    comments: float = 3.0
    worklogs: float = 1.0
    latency_ms: float = 0.0
    latency_ms_per_issue: float = 0.0
    gzip: bool = False
    gateway_prefix: str = ""
    embedded_changelog: int = 40
    embedded_comments: int = 20
    embedded_worklogs: int = 20
    fielded_page: int = 100
    enforce_rate_limits: bool = False
    longest_jql: int | None = None
    audit_log: bool = True
    search_page: int = 1000
    captcha_after: int = 3
    most_groups: int = 20
    service_desk: bool = False
