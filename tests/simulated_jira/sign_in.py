"""Who asks: tokens of every kind, where each is accepted, and how Jira says no."""

import base64
import binascii
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from simulated_jira import data_center
from simulated_jira.clock import SiteClock
from simulated_jira.exchange import Answer, Request, answer
from simulated_jira.people import User
from simulated_jira.words import hexadecimal

TokenKind = Literal["classic", "scoped", "personal", "oauth"]
"""`classic` works at the site, `scoped` and `oauth` at the gateway, `personal` (a Data Center's) as Bearer at the site."""


@dataclass(eq=False)
class Token:
    """`scopes` None means all. `expires_ms` by the site's clock; `requests_left` counts down, None for no limit."""

    value: str = field(repr=False)
    user: User
    kind: TokenKind = "classic"
    scopes: frozenset[str] | None = None
    expires_ms: int | None = None
    requests_left: int | None = None
    is_revoked: bool = False


@dataclass(eq=False)
class OauthClient:
    """A service account's client id and secret."""

    client_id: str
    secret: str = field(repr=False)
    user: User
    scopes: frozenset[str] | None = None


@dataclass(frozen=True)
class SignIn:
    """`user` is None for an anonymous caller; `failed` says that credentials came to Jira itself, and were wrong."""

    user: User | None = None
    failed: bool = False
    token: Token | None = None
    refusal: Answer | None = None


class Tokens:
    """All tokens of a site. Expired and revoked ones stay in the list, so that they fail as known and not as unknown."""

    def __init__(self, clock: SiteClock, seed: int, flavour: str, *, captcha_after: int = 3) -> None:
        self.clock = clock
        self.flavour = flavour
        self.captcha_after = captcha_after
        self.wrong_passwords: Counter[str] = Counter()
        self._rng = random.Random(f"{seed} tokens")
        self._lock = threading.Lock()
        self._by_value: dict[str, Token] = {}
        self._clients: dict[str, OauthClient] = {}

    def add(
        self,
        user: User,
        kind: TokenKind = "classic",
        *,
        scopes: frozenset[str] | None = None,
        expires_ms: int | None = None,
        requests: int | None = None,
        value: str | None = None,
    ) -> Token:
        """A new token; `requests` is how many it lives for, `value` what it reads if that matters."""
        prefix = {"classic": "ATATT3xSim", "scoped": "ATSTT3xSim", "personal": "NjAySim", "oauth": "eyJSim"}[kind]
        token = Token(value or prefix + hexadecimal(self._rng, 64), user, kind, scopes, expires_ms, requests)
        self._by_value[token.value] = token
        return token

    def of(self, user: User) -> list[Token]:
        return [token for token in self._by_value.values() if token.user is user]

    def known(self, value: str) -> Token | None:
        return self._by_value.get(value)

    def revoke(self, token: Token) -> None:
        token.is_revoked = True

    def rotate(self, token: Token) -> Token:
        """A new token for the same account and use; the old one is refused from now on."""
        self.revoke(token)
        return self.add(token.user, token.kind, scopes=token.scopes)

    def add_client(self, user: User, scopes: frozenset[str] | None = None) -> OauthClient:
        client = OauthClient(hexadecimal(self._rng, 32), "ATOASim" + hexadecimal(self._rng, 48), user, scopes)
        self._clients[client.client_id] = client
        return client

    def exchange(self, request: Request, lifetime_s: int = 3600) -> Answer:
        """`POST /oauth/token` with client credentials, as JSON or as a form."""
        form: dict[str, str]
        if request.headers.get("content-type", "").startswith("application/json"):
            form = {str(name): str(value) for name, value in request.json().items()}
        else:
            form = dict(pair.split("=", 1) for pair in request.body.decode().split("&") if "=" in pair)
        client = self._clients.get(form.get("client_id", ""))
        if form.get("grant_type") != "client_credentials":
            return answer({"error": "unsupported_grant_type", "error_description": "Unsupported grant type"}, 403)
        if client is None or client.secret != form.get("client_secret"):
            return answer({"error": "access_denied", "error_description": "Unauthorized"}, 401)
        expires = self.clock.now_ms() + lifetime_s * 1000
        token = self.add(client.user, "oauth", scopes=client.scopes, expires_ms=expires)
        scope = " ".join(sorted(client.scopes or ("read:jira-work", "read:jira-user")))
        return answer({"access_token": token.value, "expires_in": lifetime_s, "token_type": "Bearer", "scope": scope})

    def sign_in(self, request: Request) -> SignIn:
        """Who the request's Authorization header names, at the place where the request came in."""
        header = request.headers.get("authorization", "")
        scheme, _, value = header.partition(" ")
        value = value.strip()
        if not header:
            return SignIn(refusal=_gateway_refusal() if request.through_gateway else None)
        token = self._basic(value) if scheme.lower() == "basic" else self._by_value.get(value)
        if self.flavour == "cloud" and scheme.lower() == "bearer" and not request.through_gateway:
            return SignIn(refusal=answer({"error": "Failed to parse Connect Session Auth Token"}, 403))
        if self.flavour == "data_center" and scheme.lower() == "basic":
            return self._password(token, value)
        if token is None or not self._accepts(token, scheme.lower(), request.through_gateway) or not self._use(token):
            return SignIn(refusal=_gateway_refusal()) if request.through_gateway else SignIn(failed=True)
        return SignIn(token.user, token=token)

    def _password(self, token: Token | None, value: str) -> SignIn:
        """Data Center counts wrong passwords by name, and after some asks for a CAPTCHA whatever comes."""
        name = _decoded(value).partition(":")[0].lower()
        if self.wrong_passwords[name] >= self.captcha_after:
            return SignIn(refusal=data_center.captcha())
        if token is None or not self._use(token):
            self.wrong_passwords[name] += 1
            return SignIn(failed=True, refusal=data_center.wrong_password())
        self.wrong_passwords[name] = 0
        return SignIn(token.user, token=token)

    def _basic(self, value: str) -> Token | None:
        name, _, secret = _decoded(value).partition(":")
        token = self._by_value.get(secret)
        names = {token.user.email, token.user.account_id} if token is not None else set()
        if token is not None and self.flavour == "data_center":
            names = {data_center.username(token.user.account_id)}
        return token if name.lower() in {str(known).lower() for known in names if known} else None

    def _accepts(self, token: Token, scheme: str, through_gateway: bool) -> bool:
        if through_gateway:
            return token.kind == "scoped" or (token.kind == "oauth" and scheme == "bearer")
        if scheme == "bearer":
            return token.kind == "personal"
        return token.kind == "classic"

    def _use(self, token: Token) -> bool:
        with self._lock:
            if token.is_revoked or (token.expires_ms is not None and self.clock.now_ms() >= token.expires_ms):
                return False
            if token.requests_left is not None:
                if token.requests_left <= 0:
                    return False
                token.requests_left -= 1
            return True


def _decoded(value: str) -> str:
    """The pair of a Basic header; nothing where it is none."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _gateway_refusal() -> Answer:
    return answer({"code": 401, "message": "Unauthorized"}, 401)


def scope_refusal() -> Answer:
    return answer({"code": 401, "message": "Unauthorized; scope does not match"}, 401)


def not_signed_in() -> Answer:
    """What `/myself` and the like answer to everybody else: one plain line, whatever the client accepts."""
    text = b"Client must be authenticated to access this resource."
    headers = {"WWW-Authenticate": 'OAuth realm="https%3A%2F%2Fsimulated.atlassian.net"'}
    return Answer(401, text, "text/html;charset=UTF-8", headers)


def unknown_cloud(request: Request) -> Answer:
    path = request.target.partition("?")[0]
    body = {
        "timestamp": "2026-11-02T15:00:00Z",
        "status": 404,
        "error": "Not Found",
        "message": "No message available",
        "path": path,
    }
    return Answer(404, msgspec.json.encode(body), headers={"X-Failure-Category": "FAILURE_CLIENT_TCS"})
