"""The doors to a site: its own, and Cloud's gateway, which alone takes scoped API tokens and OAuth clients.

A token does not show which door it is for, so the likeliest is tried first, and the one that opened is kept.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraNotThere, JiraRefusedToken, JiraUnavailable
from jira_staging.jira_api.addresses import SiteAddress, parse_service
from jira_staging.jira_api.answers import REST, REST_OF_DATA_CENTER, Answer, Call, NoSuchPath
from jira_staging.jira_api.connecting import Wire
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.refusals import (
    Circumstances,
    NotLetIn,
    check_available,
    check_introduction,
    check_let_in,
    read_value,
    token_refused,
)
from jira_staging.records import Account, ApiToken

log = logging.getLogger(__name__)

T = TypeVar("T")

# Atlassian gives these addresses to service accounts, which can make scoped tokens only.
SERVICE_ACCOUNT = "@serviceaccount.atlassian.com"

# It becomes a part of the gateway's path, so nothing but an id may be in it.
CLOUD_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class _Myself(msgspec.Struct, rename="camel"):
    # Data Center has no account ids; a user's key is what stays.
    account_id: str = ""
    key: str = ""
    display_name: str = ""
    time_zone: str = "UTC"

    @property
    def id(self) -> str:
        return self.account_id or self.key


class _TenantInfo(msgspec.Struct, rename="camel"):
    cloud_id: str = ""


class ServerInfo(msgspec.Struct, rename="camel"):
    """What `/serverInfo` tells of a Jira: its kind (`Cloud` or `Server`, which is Data Center), its version, its time."""

    deployment_type: str = ""
    version: str = ""
    server_time: str = ""


MYSELF = Call(f"{REST}/myself", _Myself, is_empty=lambda myself: not myself.id)
SERVER_INFO = Call(f"{REST}/serverInfo", ServerInfo, is_empty=lambda info: not info.server_time)
TENANT_INFO = Call("/_edge/tenant_info", _TenantInfo, is_empty=lambda info: not info.cloud_id)


class Door:
    """One way in. `shown` names it in messages; `has_met_jira` says that a Jira has answered there.

    `is_data_center` says which Jira it was: it decides how paths are spelled, and how issues are read.
    """

    def __init__(self, address: SiteAddress, options: ConnectionOptions, shown: str) -> None:
        self.wire = Wire(address, options)
        self.shown = shown
        self.has_met_jira = False
        self.is_data_center = False

    def spelled(self, call: Call[T]) -> Call[T]:
        """The question with its path as this Jira has it."""
        if not self.is_data_center or not call.path.startswith(REST):
            return call
        return replace(call, path=REST_OF_DATA_CENTER + call.path.removeprefix(REST))


@dataclass(frozen=True)
class SignedIn:
    """A token that Jira accepted, at which door, for whom, and whom its answers name from then on."""

    token: ApiToken
    account: Account
    named: str
    door: Door


class Ask(Protocol):
    """Sends a question through a door, as nobody or with a token, until `judge` has no fault to find that may pass."""

    def __call__(self, call: Call[Any], door: Door, token: ApiToken | None, judge: Callable[[Answer], T]) -> T: ...


class Doors:
    """All doors to one site. Not for several threads at once, except `close`."""

    def __init__(self, site: SiteAddress, options: ConnectionOptions, ask: Ask) -> None:
        self._options = options
        self._ask = ask
        self._site = Door(site, options, site.url)
        self._gateway_address = parse_service(options.gateway, "gateway")
        self._gateway: Door | None = None
        # A site on plain http is no Cloud site, so its token does not go to Atlassian's gateway, whatever id it tells.
        self._has_gateway: bool | None = False if site.scheme == "http" and self._gateway_address.scheme == "https" else None
        self._opened: Door | None = None
        self.is_closed = False

    def close(self) -> None:
        """Close every connection, also those on which an answer is still awaited."""
        self.is_closed = True
        for door in (self._site, self._gateway):
            if door is not None:
                door.wire.close()

    def introduce(self, token: ApiToken) -> SignedIn:
        """Sign in by `/myself` at the first door that lets this token in; JiraRefusedToken where none does."""
        refusals: list[NotLetIn] = []
        for find in self._order(token):
            try:
                door = find(token)
                if door is not None:
                    return self._introduce_at(door, token)
            except NotLetIn as refusal:
                refusals.append(refusal)
            except (JiraUnavailable, JiraNotThere) as error:
                if not refusals:
                    raise
                raise _undecided(token, refusals[0], error) from None
        if not refusals:
            raise JiraNotThere(
                f"{self._site.shown} is no Jira Cloud, which has https and tells its cloud id at {TENANT_INFO.path}, and the "
                f"OAuth client of `{token.definition}` gets in nowhere else. Check the site, or use another kind of token."
            )
        raise token_refused(token, tuple(refusal.where for refusal in refusals), refusals[0].trace_id)

    def confirm(self, signed: SignedIn) -> None:
        """Ask `/myself` once more where this token got in; JiraRefusedToken where it does no longer."""
        try:
            self._introduce_at(signed.door, signed.token)
        except NotLetIn as refusal:
            error = token_refused(signed.token, (refusal.where,), refusal.trace_id)
        else:
            return
        raise error

    def _order(self, token: ApiToken) -> tuple[Callable[[ApiToken], Door | None], ...]:
        """Where this token may be let in, the likeliest first."""
        site_is_gateway = self._site.wire.site.url.startswith(f"{self._gateway_address.url}/ex/jira/")
        if token.kind == "personal_access_token" or site_is_gateway:
            return (self._site_door,)
        if token.kind == "oauth_client":
            return (self._gateway_door,)
        if self._opened is None:
            gateway_first = (token.account or "").lower().endswith(SERVICE_ACCOUNT)
        else:
            gateway_first = self._opened is self._gateway
        return (self._gateway_door, self._site_door) if gateway_first else (self._site_door, self._gateway_door)

    def _site_door(self, _token: ApiToken) -> Door:
        return self._site

    def _gateway_door(self, token: ApiToken) -> Door | None:
        """The door at the gateway, by the cloud id that the site tells everybody; None where it is no Cloud site."""
        if self._has_gateway is None:
            told = Circumstances(self._site.shown, TENANT_INFO, token)
            try:
                cloud_id = self._ask(TENANT_INFO, self._site, None, lambda answer: _cloud_id(told, answer))
            except JiraNotThere:
                # Such as a sign-in page elsewhere, which a Data Center sends every stranger to.
                cloud_id = None
            self._has_gateway = cloud_id is not None
            if cloud_id is not None:
                self._gateway = self._at_gateway(cloud_id)
        return self._gateway

    def _at_gateway(self, cloud_id: str) -> Door:
        address = replace(self._gateway_address, path=f"{self._gateway_address.path}/ex/jira/{cloud_id}")
        door = Door(address, self._options, f"{self._site.shown} through {address.url}")
        if self.is_closed:
            door.wire.close()
        return door

    def _introduce_at(self, door: Door, token: ApiToken) -> SignedIn:
        try:
            signed = self._asked_myself(door, token)
        except NoSuchPath:
            # Data Center has no version 3 of the API.
            if door.has_met_jira or not self._finds_data_center(door, token):
                raise
            signed = self._asked_myself(door, token)
        if self._opened is not door and door is self._gateway:
            log.info("Signed in to %s with the token of `%s`.", door.shown, token.definition)
        self._opened = door
        return signed

    def _asked_myself(self, door: Door, token: ApiToken) -> SignedIn:
        call = door.spelled(MYSELF)
        return self._ask(call, door, token, lambda answer: _introduced(door, call, token, answer))

    def _finds_data_center(self, door: Door, token: ApiToken) -> bool:
        """Whether `/serverInfo`, which answers everybody, tells of a Data Center here; then the door is known as one."""
        door.is_data_center = True
        call = door.spelled(SERVER_INFO)
        told = Circumstances(door.shown, call, token)
        found = self._ask(call, door, token, lambda answer: _server_info(told, answer))
        door.is_data_center = found is not None and found.deployment_type.casefold() == "server"
        if door.is_data_center and found is not None:
            log.info("%s is a Jira Data Center, version %s.", door.shown, found.version)
        return door.is_data_center


def _server_info(told: Circumstances[Any], answer: Answer) -> ServerInfo | None:
    check_let_in(told, answer)
    try:
        return answer.read(ServerInfo) if answer.status == 200 else None
    except JiraAnswerUnusable:
        return None


def _introduced(door: Door, call: Call[_Myself], token: ApiToken, answer: Answer) -> SignedIn:
    told = Circumstances(door.shown, call, token)
    check_introduction(told, answer)
    # A page in place of the first answer is another kind of site; in place of a later one, a bad moment.
    if not door.has_met_jira:
        try:
            known = bool(answer.read(_Myself).id)
        except JiraAnswerUnusable:
            # Broken off on its way; it is asked for again below.
            known = answer.begins_as_json
        if not known:
            raise told.not_there(answer)
    myself = read_value(MYSELF, answer)
    door.has_met_jira = True
    account = Account(myself.id, myself.display_name, myself.time_zone)
    return SignedIn(token, account, answer.account_id or myself.id, door)


def _cloud_id(told: Circumstances[Any], answer: Answer) -> str | None:
    check_available(told, answer)
    try:
        found = answer.read(_TenantInfo).cloud_id if answer.status == 200 else ""
    except JiraAnswerUnusable:
        found = ""
    return found if CLOUD_ID.fullmatch(found) else None


def _undecided(token: ApiToken, refusal: NotLetIn, error: JiraUnavailable | JiraNotThere) -> JiraUnavailable | JiraRefusedToken:
    """The error where one door refused and the other could not be asked: if that may pass, it is worth another try."""
    if isinstance(error, JiraUnavailable):
        return JiraUnavailable(
            f"The token of `{token.definition}` was not let in at {refusal.where}, and whether another door takes it could not "
            f"be found out: {error}",
            wait_seconds=error.wait_seconds,
        )
    refused = token_refused(token, (refusal.where,), refusal.trace_id)
    return JiraRefusedToken(f"{refused} The other door, for scoped tokens, could not be asked: {error}")
