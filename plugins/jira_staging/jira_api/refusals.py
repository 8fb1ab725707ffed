"""What Jira's status codes mean: each refusal as one of our errors, in words that say what to do."""

import re
from dataclasses import dataclass
from typing import Any, Generic, NoReturn

from jira_staging.errors import (
    JiraAnswerUnusable,
    JiraNotPermitted,
    JiraNotThere,
    JiraRefusedQuery,
    JiraRefusedToken,
    JiraUnavailable,
)
from jira_staging.jira_api.answers import Answer, AnswerTooSlow, Call, JiraHasNone, NoSuchPath, T, TryAgain, jiras_words
from jira_staging.jira_api.rate_headers import read_signs
from jira_staging.records import ApiToken

# Where a token is made, by its kind; the sentence goes into the message of a refused one.
REMEDIES = {
    "api_token": "Check whose it is (`account`); tokens expire: create one at id.atlassian.com (Security, API tokens)",
    "basic_base64": "Tokens expire; create one at id.atlassian.com (Security, API tokens), encode `account:token` in base64",
    "personal_access_token": "Tokens expire; create one in Jira (Profile, Personal access tokens)",
    "oauth_client": "Check the service account's OAuth client and its scopes at admin.atlassian.com",
}

# What an administrator sees on Data Center only: Cloud takes a Bearer token at the site for one of an app.
ONLY_DATA_CENTER = "Connect Session"

# How a refusal names the door of a Data Center, where a user and a password go the way of an account and a token.
OF_DATA_CENTER = "a Data Center"
PASSWORDS = ("api_token", "basic_base64")

_OF_BOARDS = "`read:board-scope:jira-software`, `read:board-scope.admin:jira-software`, `read:sprint:jira-software`"
# The scopes by the path that they open, the first that fits, named so in Atlassian's form for tokens and OAuth clients.
SCOPES = (
    (re.compile(r"/servicedeskapi/(organization|.*/(organization|customer)$)"), "`manage:servicedesk-customer`"),
    (re.compile(r"/servicedeskapi/"), "`read:servicedesk-request`"),
    (re.compile(r"/rest/agile/"), f"{_OF_BOARDS} and `read:project:jira`"),
    (
        re.compile(r"/(workflows?|workflowscheme|issuetypescheme|issuesecurityschemes|priorityscheme|screens)(/|$)"),
        "`manage:jira-configuration` and `manage:jira-project`",
    ),
    (re.compile(r"/(auditing|group/member|role$|field/\w+/context)"), "`manage:jira-configuration`"),
    (re.compile(""), "`read:jira-work` and `read:jira-user`"),
)

# What Cloud's gateway answers when a token's scopes lack the endpoint; it speaks English to every account.
SCOPE_PHRASE = "scope does not match"


@dataclass(frozen=True)
class Circumstances(Generic[T]):
    """What a refusal's message names: the door (the site, or the site through a gateway), the question, who asked it."""

    door: str
    call: Call[T]
    token: ApiToken

    def refused_token(self, answer: Answer, what: str) -> JiraRefusedToken:
        """The error for a token that Jira no longer accepts; `what` says how that showed."""
        return token_refused(self.token, (f"{self.door} ({what})",), answer.trace_id)

    def not_permitted(self, answer: Answer) -> JiraNotPermitted:
        token = self.token
        account = token.account or "the account"
        kind = JiraHasNone if answer.status == 404 else JiraNotPermitted
        if answer.status == 404:
            need = "It does not exist, or this account may not see it."
        elif lacks_scope(answer):
            scopes = next(scopes for path, scopes in SCOPES if path.search(self.call.path))
            need = f"The token is good, but lacks a scope. Make one that has {scopes}, too, or leave this entity out."
        else:
            need = "Grant the account the permission, or leave this entity out."
        return kind(
            f"{account}, signed in at {self.door} with the token of `{token.definition}`, may not read {self.call.path} "
            f"({answer.status}{_said(answer)}). {need}",
            trace_id=answer.trace_id,
        )

    def not_there(self, answer: Answer, kind: type[JiraNotThere] = JiraNotThere) -> JiraNotThere:
        return kind(
            f"No Jira answers at {self.door} ({answer.status} on {self.call.path}{_said(answer)}). Check its address; "
            "a site that was renamed, closed or suspended answers like this too.",
            trace_id=answer.trace_id,
        )

    def refused_query(self, answer: Answer) -> JiraRefusedQuery:
        if answer.status == 410:
            what = f"no longer has {self.call.path}: use a newer version of this package"
        else:
            what = f"refused the question {self.call.method} {self.call.path}"
        return JiraRefusedQuery(f"Jira at {self.door} {what} ({answer.status}{_said(answer)}).", trace_id=answer.trace_id)


class NotLetIn(Exception):
    """A door did not let a token in: `where` names the door and says how that showed. Another door may."""

    def __init__(self, where: str, trace_id: str | None) -> None:
        super().__init__(where)
        self.where = where
        self.trace_id = trace_id


def token_refused(token: ApiToken, where: tuple[str, ...], trace_id: str | None) -> JiraRefusedToken:
    """The error for a token that none of these doors accepts."""
    account = f" for {token.account}" if token.account else ""
    remedy = REMEDIES[token.kind]
    if token.kind == "personal_access_token" and any(ONLY_DATA_CENTER in text for text in where):
        remedy = "Cloud has no personal access tokens: create an API token at id.atlassian.com, write `kind: api_token`"
    if token.kind in PASSWORDS and any(OF_DATA_CENTER in text for text in where):
        remedy = "Check the user name and the password (or use a personal access token, `kind: personal_access_token`)"
    connection = token.definition.removeprefix("connection:")
    place = f"where the definition `{token.definition}` points"
    if connection != token.definition:
        place = f"as the password of the connection `{connection}`"
    return JiraRefusedToken(
        f"Jira refused the token of `{token.definition}`{account} at {' and at '.join(where)}. {remedy} and "
        f"store it {place}. Nothing was published after this.",
        trace_id=trace_id,
    )


def check_token(told: Circumstances[Any], answer: Answer) -> None:
    """JiraRefusedToken if Jira's sign-in filter says that it did not let this token in, whatever the status."""
    if what := _failed_sign_in(answer):
        raise told.refused_token(answer, what)


def _failed_sign_in(answer: Answer) -> str | None:
    reason = answer.login_reason
    if "DENIED" in reason:
        why = answer.headers.get("X-Authentication-Denied-Reason", "").partition(";")[0]
        said = f"{reason}, {why}" if why else reason
        return f"{answer.status}, {said}: too many wrong attempts, so sign in once by browser and solve the CAPTCHA"
    return f"{answer.status}, {reason}" if "FAILED" in reason else None


def check_available(told: Circumstances[Any], answer: Answer) -> None:
    """TryAgain for what passes by itself: 429, 408 and every fault of a server."""
    check_passing(answer, f"Jira at {told.door}", told.call)


def check_passing(answer: Answer, server: str, call: Call[Any]) -> None:
    """The same for any server of Atlassian's; `server` begins the sentence."""
    if answer.status in (408, 429) or answer.status >= 500:
        asked = read_signs(answer).asked_wait
        reason = answer.headers.get("RateLimit-Reason", "")
        kind = AnswerTooSlow if call.is_divisible and answer.status == 504 else JiraUnavailable
        error = kind(
            f"{server} could not answer {call.method} {call.path} "
            f"({answer.status}{f', {reason}' if reason else ''}{_said(answer)}). Run it again later.",
            trace_id=answer.trace_id,
            wait_seconds=asked,
        )
        if isinstance(error, AnswerTooSlow):
            raise error
        raise TryAgain(error, status=answer.status, asked_wait=asked)


def raise_refusal(told: Circumstances[Any], answer: Answer) -> NoReturn:
    """The error for an answer that is no 200, to an account that is signed in."""
    if answer.status in (401, 403):
        check_from_jira(told, answer)
        raise told.not_permitted(answer)
    if answer.status == 404:
        raise told.not_there(answer) if answer.is_html else told.not_permitted(answer)
    raise told.refused_query(answer)


def check_from_jira(told: Circumstances[Any], answer: Answer) -> None:
    """TryAgain for a refusal that something in front of Jira wrote: a page that does not say whose account it answers.

    Taken for a missing permission, one such page of a firewall would leave rows out of a run that succeeds.
    """
    if answer.account_id is None and answer.content.lstrip().startswith(b"<"):
        error = JiraUnavailable(
            f"Something in front of Jira at {told.door} did not let {told.call.method} {told.call.path} through "
            f"({answer.status}{_said(answer)}). Run it again later; if that does not help, ask whoever keeps the proxy or the "
            "firewall to let this path through.",
            trace_id=answer.trace_id,
        )
        raise TryAgain(error, status=answer.status)


def check_introduction(told: Circumstances[Any], answer: Answer) -> None:
    """The same for `/myself`, where nobody is signed in yet: what is no account is NotLetIn, or no Jira."""
    check_let_in(told, answer)
    if answer.status != 200:
        raise told.not_there(answer, NoSuchPath if answer.status == 404 else JiraNotThere)


def check_let_in(told: Circumstances[Any], answer: Answer) -> None:
    """NotLetIn if the door did not let the token in, whatever is behind it."""
    what = _failed_sign_in(answer)
    if not what:
        check_available(told, answer)
        if lacks_scope(answer):
            raise told.not_permitted(answer)
        if answer.status in (401, 403):
            what = f"{answer.status}{_said(answer)}"
    if what:
        which = f", {OF_DATA_CENTER}" if "X-AUSERNAME" in answer.headers else ""
        raise NotLetIn(f"{told.door}{which} ({what})", answer.trace_id)


def lacks_scope(answer: Answer) -> bool:
    """Whether the token is good and only its scopes do not reach this far."""
    return answer.status == 401 and SCOPE_PHRASE in jiras_words(answer)


def check_account(told: Circumstances[Any], answer: Answer, named: str) -> None:
    """JiraRefusedToken if the answer was given to another account than the one that signed in."""
    if answer.account_id is not None and answer.account_id != named:
        raise told.refused_token(answer, f"{answer.status} to another account than the one that signed in")


def read_value(call: Call[T], answer: Answer) -> T:
    """The decoded answer; TryAgain where it is cut off, a page, or not what the question asks for."""
    try:
        return answer.read(call.shape)
    except JiraAnswerUnusable as error:
        raise TryAgain(error) from None


def _said(answer: Answer) -> str:
    words = jiras_words(answer)
    return f": {words}" if words else ""
