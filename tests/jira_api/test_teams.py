"""Who may ask for teams: an API token at a site of Cloud's."""

from collections.abc import Iterator

import pytest

from jira_api.clients import Vault, client
from jira_staging.errors import JiraNotPermitted
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.teams import teams
from jira_staging.records import ApiToken
from simulated_jira import Settings, SimulatedJira
from simulated_jira.routes.teams import team_id
from simulated_jira.routing import ROUTES


@pytest.fixture(scope="module")
def site() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=5, projects=1, settings=Settings(gateway_prefix="/elsewhere")) as running:
        yield running


def signing_in(site: SimulatedJira, value: str) -> JiraClient:
    vault = Vault(ApiToken(value, site.email, "api_token", "jira-prod"))
    return client(site.url, vault, gateway=site.gateway_url.replace("127.0.0.1", "localhost"))


def test_an_api_token_reads_the_teams_of_the_sites_organization(site: SimulatedJira) -> None:
    with signing_in(site, site.token) as jira:
        assert [lists.owner for lists in teams(jira)] == [team_id(number) for number in range(4)]


def test_a_scoped_token_is_told_that_it_cannot(site: SimulatedJira) -> None:
    scoped = site.new_token("scoped")
    with signing_in(site, scoped.value) as jira, pytest.raises(JiraNotPermitted, match="API token that has no scopes"):
        list(teams(jira))


def test_a_site_without_such_an_api_has_no_teams_to_read(site: SimulatedJira, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROUTES._exact, "/gateway/api/graphql")
    with signing_in(site, site.token) as jira, pytest.raises(JiraNotPermitted):
        list(teams(jira))
