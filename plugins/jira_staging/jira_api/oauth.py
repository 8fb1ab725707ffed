"""The authorization server, which grants an OAuth client of a service account its access tokens."""

import contextlib
import threading
from dataclasses import dataclass, field
from typing import NoReturn

import msgspec

from jira_staging.errors import JiraNotThere, JiraRefusedToken
from jira_staging.jira_api.addresses import SiteAddress, parse_service
from jira_staging.jira_api.answers import Answer, Call, jiras_words
from jira_staging.jira_api.connecting import Wire
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor, Patience
from jira_staging.jira_api.refusals import check_passing, read_value
from jira_staging.records import GrantedToken, OauthClient

PATH = "/oauth/token"


class _Granted(msgspec.Struct):
    access_token: str
    # Atlassian's documents promise 60 minutes, should an answer not say it.
    expires_in: float = 3600.0


@dataclass(frozen=True)
class _Credential:
    """The request's body. It has no repr: a traceback with variables must not show it."""

    client_id: str
    client_secret: str = field(repr=False)
    grant_type: str = "client_credentials"


class AuthorizationServer:
    """Exchanges an OAuth client's credential for an access token, each time over a connection of its own: once an hour."""

    def __init__(self, options: ConnectionOptions, *, governor: Governor | None = None) -> None:
        self._options = options
        self._address = parse_service(options.authorization_server, "authorization_server")
        self._governor = governor or Governor(Pace(1), wait_limit_seconds=options.run_wait_limit_seconds)

    def grant(self, client: OauthClient) -> GrantedToken:
        """A new access token. JiraRefusedToken where the credential is refused, JiraUnavailable without an answer in time."""
        call = Call(
            PATH, _Granted, lambda granted: not granted.access_token, body=_Credential(client.client_id, client.client_secret)
        )
        patience = Patience(f"POST {self._address.url}{PATH}", self._options.most_tries, self._options.wait_limit_seconds)
        with contextlib.closing(Wire(self._address, self._options)) as wire:

            def attempt() -> GrantedToken:
                with self._governor.turn(call.route, patience):
                    started = self._governor.clock()
                    answer = wire.exchange(call, None, threading.Event())
                    self._governor.learn(call.route, answer, started=started)
                return self._judged(call, answer, client)

            return self._governor.persist(attempt, patience)

    def _judged(self, call: Call[_Granted], answer: Answer, client: OauthClient) -> GrantedToken:
        check_passing(answer, f"The authorization server {self._address.url}", call)
        if answer.status != 200:
            _refuse(answer, self._address, client)
        granted = read_value(call, answer)
        return GrantedToken(granted.access_token, granted.expires_in)


def _refuse(answer: Answer, server: SiteAddress, client: OauthClient) -> NoReturn:
    said = f"{answer.status}: {jiras_words(answer)}".removesuffix(": ")
    if answer.status in (400, 401, 403) and not answer.is_html:
        raise JiraRefusedToken(
            f"The authorization server {server.url} refused the OAuth client of `{client.definition}` ({said}). Check it at "
            "admin.atlassian.com (service accounts, credentials): make a new one where it is gone or expired, and store "
            f"`client_id` and `client_secret` where that definition points. Nothing was published after this.",
            trace_id=answer.trace_id,
        )
    raise JiraNotThere(
        f"No authorization server answers at {server.url} ({said}). Check the deployment's option `authorization_server`.",
        trace_id=answer.trace_id,
    )
