"""A simulated Jira that a test starts, talks to, changes and breaks."""

from pathlib import Path
from types import TracebackType

from simulated_jira.changes import Changes
from simulated_jira.clock import SiteClock
from simulated_jira.data_center import username
from simulated_jira.faults import Faults
from simulated_jira.inventing import invent
from simulated_jira.jira_site import Site
from simulated_jira.people import User
from simulated_jira.rate_limits import RateLimits
from simulated_jira.replay import replay_payloads
from simulated_jira.request_log import RequestLog
from simulated_jira.server import Server
from simulated_jira.service import Service
from simulated_jira.settings import CLOUD_ID, Settings
from simulated_jira.sign_in import Token, TokenKind, Tokens


class SimulatedJira:
    """A Jira site of invented issues, or of payloads in a folder, behind a real HTTP server on a free port.

        with SimulatedJira(issues=100, projects=3, seed=7) as jira:
            requests.get(f"{jira.url}/rest/api/3/myself", auth=(jira.email, jira.token))

    The same seed, size and settings give the same bytes. In the same process it shares the interpreter with its
    client; `python -m simulated_jira` runs it apart."""

    def __init__(
        self,
        issues: int = 100,
        *,
        projects: int = 3,
        seed: int = 7,
        settings: Settings | None = None,
        replay: Path | str | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self.site = Site(settings or Settings(), seed)
        if replay is None:
            invent(self.site, issues, projects)
        else:
            replay_payloads(self.site, Path(replay))
        self.service = Service(self.site)
        self.main_token: Token = self.service.tokens.add(self.site.people[0])
        self._address = address
        self._server: Server | None = None

    def start(self) -> "SimulatedJira":
        self._server = Server(self.service, *self._address)
        self._server.start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> "SimulatedJira":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    # Where and as whom -------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The site's base URL; also the gateway's (`{url}/ex/jira/{cloud_id}`), under `settings.gateway_prefix`."""
        assert self._server is not None, "start the simulated Jira first"
        return self._server.url

    @property
    def gateway_url(self) -> str:
        """What stands for `https://api.atlassian.com`."""
        return self.url + self.site.settings.gateway_prefix

    @property
    def cloud_id(self) -> str:
        return CLOUD_ID

    @property
    def account(self) -> User:
        """The account of `email` and `token`, an administrator in `settings.time_zone`."""
        return self.site.people[0]

    @property
    def email(self) -> str:
        """What the main account signs in with: a Data Center knows people by their user names."""
        if self.site.settings.flavour == "data_center":
            return username(self.account.account_id)
        return self.account.email or ""

    @property
    def token(self) -> str:
        """The value of the main account's current token; it changes with `rotate_token`."""
        return self.main_token.value

    def use_token(self, value: str) -> None:
        """Let the main account sign in with a token of the caller's choice (compose files and demos know it beforehand)."""
        self.main_token = self.service.tokens.add(self.account, value=value)

    def rotate_token(self) -> str:
        """Refuse the main token from now on, and return its successor."""
        self.main_token = self.service.tokens.rotate(self.main_token)
        return self.token

    def revoke_token(self) -> None:
        self.service.tokens.revoke(self.main_token)

    def new_token(
        self, kind: TokenKind = "classic", *, account_id: str | None = None, scopes: frozenset[str] | None = None
    ) -> Token:
        """Another token, for the main account unless another is named."""
        user = self.account if account_id is None else self.change.person(account_id)
        return self.service.tokens.add(user, kind, scopes=scopes)

    # What it is made of ------------------------------------------------------------------------------------------

    @property
    def change(self) -> Changes:
        return self.service.change

    @property
    def faults(self) -> Faults:
        return self.service.faults

    @property
    def requests(self) -> RequestLog:
        return self.service.requests

    @property
    def clock(self) -> SiteClock:
        return self.site.clock

    @property
    def rate_limits(self) -> RateLimits:
        return self.service.rate_limits

    @property
    def tokens(self) -> Tokens:
        return self.service.tokens
