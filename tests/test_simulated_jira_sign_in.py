"""How the simulated Jira lets people in, and how it says no."""

import base64
from collections.abc import Iterator

import pytest
import requests

from simulated_jira import Settings, SimulatedJira
from simulated_jira.settings import CLOUD_ID

SERAPH = "X-Seraph-LoginReason"
API = "/rest/api/3"


@pytest.fixture(scope="module")
def jira() -> Iterator[SimulatedJira]:
    with SimulatedJira(issues=30, projects=1, settings=Settings(gateway_prefix="/gateway")) as running:
        yield running


def get(url: str, **how: str | tuple[str, str]) -> requests.Response:
    headers = {"Authorization": how["header"]} if isinstance(how.get("header"), str) else {}
    auth = how.get("auth")
    return requests.get(url, headers=headers, auth=auth if isinstance(auth, tuple) else None, timeout=5)  # type: ignore[arg-type]


def test_a_good_token_and_the_headers_of_its_answers(jira: SimulatedJira) -> None:
    answer = get(f"{jira.url}{API}/myself", auth=(jira.email, jira.token))
    assert answer.json()["accountId"] == jira.account.account_id == answer.headers["X-AAccountId"]
    assert answer.json()["timeZone"] == "America/New_York"
    assert answer.headers["RateLimit"].startswith('"jira-burst-based";r=')
    assert answer.headers["Date"].endswith("GMT")
    assert len(answer.headers["Atl-Traceid"]) == 32


def test_a_bad_token_looks_like_an_empty_site(jira: SimulatedJira) -> None:
    bad = (jira.email, "wrong")
    refused = get(f"{jira.url}{API}/myself", auth=bad)
    assert (refused.status_code, refused.text) == (401, "Client must be authenticated to access this resource.")
    assert refused.headers["WWW-Authenticate"].startswith("OAuth realm=")
    search = requests.post(f"{jira.url}{API}/search/jql", json={"jql": "project = PAY"}, auth=bad, timeout=5)
    assert (search.status_code, search.json()) == (200, {"issues": [], "isLast": True})
    projects = get(f"{jira.url}{API}/project/search", auth=bad)
    assert (projects.status_code, projects.json()["values"]) == (200, [])
    issue = get(f"{jira.url}{API}/issue/PAY-1", auth=bad)
    assert (issue.status_code, issue.json()["errorMessages"]) == (
        404,
        ["Issue does not exist or you do not have permission to see it."],
    )
    for answer in (refused, search, projects, issue):
        assert answer.headers[SERAPH] == "AUTHENTICATED_FAILED"
        assert "X-AAccountId" not in answer.headers
        assert "RateLimit" not in answer.headers


def test_nobody_is_the_same_without_seraph(jira: SimulatedJira) -> None:
    for path in ("/myself", "/search/jql?jql=project=PAY", "/issue/PAY-1", "/serverInfo"):
        assert SERAPH not in get(f"{jira.url}{API}{path}").headers
    assert "serverTime" not in get(f"{jira.url}{API}/serverInfo").json()
    assert "serverTime" in get(f"{jira.url}{API}/serverInfo", auth=(jira.email, jira.token)).json()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/changelog/bulkfetch"),
        ("POST", "/worklog/list"),
        ("GET", "/worklog/updated"),
        ("GET", "/worklog/deleted"),
        ("GET", "/auditing/record"),
        ("GET", "/users/search"),
    ],
)
def test_some_endpoints_are_for_accounts_only(jira: SimulatedJira, method: str, path: str) -> None:
    assert requests.request(method, f"{jira.url}{API}{path}", json={}, timeout=5).status_code == 401


def test_the_account_of_the_token_must_be_named(jira: SimulatedJira) -> None:
    assert get(f"{jira.url}{API}/myself", auth=("someone@example.com", jira.token)).status_code == 401
    assert get(f"{jira.url}{API}/myself", header="Basic not-base64!").status_code == 401
    pair = base64.b64encode(f"{jira.email.upper()}:{jira.token}".encode()).decode()
    assert get(f"{jira.url}{API}/myself", header=f"Basic {pair}").status_code == 200


def test_bearer_at_the_site_is_no_sign_in_on_cloud(jira: SimulatedJira) -> None:
    refused = get(f"{jira.url}{API}/myself", header="Bearer garbage")
    assert (refused.status_code, refused.json()) == (403, {"error": "Failed to parse Connect Session Auth Token"})


def test_scoped_tokens_work_at_the_gateway_only(jira: SimulatedJira) -> None:
    token = jira.new_token("scoped", scopes=frozenset({"read:jira-work"}))
    auth = (jira.email, token.value)
    gateway = f"{jira.gateway_url}/ex/jira/{CLOUD_ID}{API}"
    assert get(f"{jira.url}{API}/myself", auth=auth).status_code == 401
    found = requests.post(f"{gateway}/search/jql", json={"jql": "project = PAY"}, auth=auth, timeout=5)
    assert len(found.json()["issues"]) == 30
    refused = get(f"{gateway}/myself", auth=auth)
    assert (refused.status_code, refused.json()) == (401, {"code": 401, "message": "Unauthorized; scope does not match"})
    assert get(f"{gateway}/serverInfo", auth=(jira.email, jira.token)).status_code == 401
    unknown = get(f"{jira.gateway_url}/ex/jira/00000000-0000-0000-0000-000000000000{API}/myself", auth=auth)
    assert (unknown.status_code, unknown.json()["message"]) == (404, "No message available")
    assert get(f"{jira.url}/_edge/tenant_info").json() == {"cloudId": CLOUD_ID}


def test_client_credentials(jira: SimulatedJira) -> None:
    client = jira.tokens.add_client(jira.account)
    asked = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": client.secret}
    for how in ({"json": asked}, {"data": asked}):
        granted = requests.post(f"{jira.gateway_url}/oauth/token", timeout=5, **how).json()  # type: ignore[arg-type]
        assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3600)
        found = get(f"{jira.gateway_url}/ex/jira/{CLOUD_ID}{API}/myself", header=f"Bearer {granted['access_token']}")
        assert found.json()["emailAddress"] == jira.email
    wrong = requests.post(f"{jira.gateway_url}/oauth/token", json=asked | {"client_secret": "x"}, timeout=5)
    assert wrong.status_code == 401
    before = jira.clock.now_ms()
    jira.clock.advance(3601)
    assert (
        get(f"{jira.gateway_url}/ex/jira/{CLOUD_ID}{API}/myself", header=f"Bearer {granted['access_token']}").status_code == 401
    )
    jira.clock.set(before)


def test_tokens_are_rotated_revoked_and_run_out() -> None:
    with SimulatedJira(issues=20, projects=1) as jira:
        myself = f"{jira.url}{API}/myself"
        old = (jira.email, jira.token)
        new = (jira.email, jira.rotate_token())
        assert (get(myself, auth=old).status_code, get(myself, auth=new).status_code) == (401, 200)
        jira.revoke_token()
        assert get(myself, auth=new).status_code == 401
        short = (jira.email, jira.tokens.add(jira.account, requests=2).value)
        assert [get(myself, auth=short).status_code for _ in range(3)] == [200, 200, 401]
        dated = (jira.email, jira.tokens.add(jira.account, expires_ms=jira.clock.now_ms() + 60_000).value)
        assert get(myself, auth=dated).status_code == 200
        jira.clock.advance(61)
        assert get(myself, auth=dated).status_code == 401


def test_others_have_their_own_zone_and_fewer_rights() -> None:
    with SimulatedJira(issues=20, projects=1) as jira:
        account_id = jira.change.add_user("Ordinary", "ordinary@example.com")
        auth = ("ordinary@example.com", jira.new_token(account_id=account_id).value)
        assert get(f"{jira.url}{API}/myself", auth=auth).json()["timeZone"] == "Europe/Berlin"
        assert get(f"{jira.url}{API}/auditing/record", auth=auth).status_code == 403
        mine = get(f"{jira.url}{API}/mypermissions?permissions=ADMINISTER,BROWSE_PROJECTS", auth=auth).json()["permissions"]
        assert [mine[key]["havePermission"] for key in ("ADMINISTER", "BROWSE_PROJECTS")] == [False, True]
        assert get(f"{jira.url}{API}/mypermissions?permissions=NOPE", auth=auth).json()["errors"] == {
            "NOPE": "Unrecognized permission"
        }


def test_personal_access_tokens_on_data_center() -> None:
    with SimulatedJira(issues=20, projects=1, settings=Settings(flavour="data_center")) as jira:
        token = jira.new_token("personal")
        answer = get(f"{jira.url}/rest/api/2/myself", header=f"Bearer {token.value}")
        assert (answer.status_code, answer.headers["X-AUSERNAME"]) == (200, jira.email)
        assert get(f"{jira.url}/rest/api/2/myself", header="Bearer wrong").status_code == 401
