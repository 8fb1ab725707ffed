"""What Jira's status codes mean: each refusal as one of our errors, in words that say what to do."""

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
from jira_staging.jira_api.addresses import SiteAddress
from jira_staging.jira_api.answers import Answer, Call, JiraHasNone, T, TryAgain, jiras_words
from jira_staging.jira_api.rate_headers import read_signs
from jira_staging.records import ApiToken

# Where a token is made, by its kind; the sentence goes into the message of a refused one.
REMEDIES = {
    "api_token": "Tokens expire; create one at id.atlassian.com (Security, API tokens)",
    "basic_base64": "Tokens expire; create one at id.atlassian.com (Security, API tokens), encode `account:token` in base64",
    "personal_access_token": "Tokens expire; create one in Jira (Profile, Personal access tokens)",
    "oauth_client": "Check the OAuth client's credentials and scopes at admin.atlassian.com",
}

# What Cloud's gateway answers when a token's scopes lack the endpoint; it speaks English to every account.
SCOPE_PHRASE = "scope does not match"


@dataclass(frozen=True)
class Circumstances(Generic[T]):
    """What a refusal's message names: the site, the question, and the token that asked it."""

    site: SiteAddress
    call: Call[T]
    token: ApiToken

    def refused_token(self, answer: Answer | None, what: str) -> JiraRefusedToken:
        """The error for a token that Jira does not accept; `what` says how that showed."""
        token = self.token
        account = f" for {token.account}" if token.account else ""
        return JiraRefusedToken(
            f"Jira refused the token of `{token.definition}`{account} at {self.site.url} ({what}). {REMEDIES[token.kind]} and "
            f"store it where the definition `{token.definition}` points. Nothing was published after this.",
            trace_id=answer.trace_id if answer else None,
        )

    def not_permitted(self, answer: Answer) -> JiraNotPermitted:
        token = self.token
        account = token.account or "the account"
        kind = JiraHasNone if answer.status == 404 else JiraNotPermitted
        need = (
            "It does not exist, or this account may not see it."
            if answer.status == 404
            else "Grant the account the permission, the token the scope, or leave this entity out."
        )
        return kind(
            f"{account}, signed in at {self.site.url} with the token of `{token.definition}`, may not read {self.call.path} "
            f"({answer.status}{_said(answer)}). {need}",
            trace_id=answer.trace_id,
        )

    def not_there(self, answer: Answer) -> JiraNotThere:
        return JiraNotThere(
            f"No Jira answers at {self.site.url} ({answer.status} on {self.call.path}{_said(answer)}). Check its address; "
            "a site that was renamed, closed or suspended answers like this too.",
            trace_id=answer.trace_id,
        )

    def refused_query(self, answer: Answer) -> JiraRefusedQuery:
        if answer.status == 410:
            what = f"no longer has {self.call.path}: use a newer version of this package"
        else:
            what = f"refused the question {self.call.method} {self.call.path}"
        return JiraRefusedQuery(f"Jira at {self.site.url} {what} ({answer.status}{_said(answer)}).", trace_id=answer.trace_id)


def check_token(told: Circumstances[Any], answer: Answer) -> None:
    """JiraRefusedToken if Jira's sign-in filter says that it did not let this token in, whatever the status."""
    reason = answer.login_reason
    if "DENIED" in reason:
        raise told.refused_token(
            answer, f"{answer.status}, {reason}: too many wrong attempts, so sign in once by browser and solve the CAPTCHA"
        )
    if "FAILED" in reason:
        raise told.refused_token(answer, f"{answer.status}, {reason}")


def check_available(told: Circumstances[Any], answer: Answer) -> None:
    """TryAgain for what passes by itself: 429, 408 and every fault of a server."""
    if answer.status in (408, 429) or answer.status >= 500:
        asked = read_signs(answer).asked_wait
        reason = answer.headers.get("RateLimit-Reason", "")
        error = JiraUnavailable(
            f"Jira at {told.site.url} could not answer {told.call.method} {told.call.path} "
            f"({answer.status}{f', {reason}' if reason else ''}{_said(answer)}). Run it again later.",
            trace_id=answer.trace_id,
            wait_seconds=asked,
        )
        raise TryAgain(error, status=answer.status, asked_wait=asked)


def raise_refusal(told: Circumstances[Any], answer: Answer) -> NoReturn:
    """The error for an answer that is no 200, to an account that is signed in."""
    if answer.status in (401, 403):
        raise told.not_permitted(answer)
    if answer.status == 404:
        raise told.not_there(answer) if answer.is_html else told.not_permitted(answer)
    raise told.refused_query(answer)


def check_introduction(told: Circumstances[Any], answer: Answer) -> None:
    """The same for `/myself`, where nobody is signed in yet: what is no account is a refused token, or no Jira."""
    check_token(told, answer)
    check_available(told, answer)
    if lacks_scope(answer):
        raise told.not_permitted(answer)
    if answer.status in (401, 403):
        raise told.refused_token(answer, f"{answer.status}{_said(answer)}")
    if answer.status != 200:
        raise told.not_there(answer)


def lacks_scope(answer: Answer) -> bool:
    """Whether the token is good and only its scopes do not reach this far."""
    return answer.status == 401 and SCOPE_PHRASE in jiras_words(answer)


def check_account(told: Circumstances[Any], answer: Answer, named: str) -> None:
    """JiraRefusedToken if the answer was given to another account than the one that signed in."""
    if answer.account_id is not None and answer.account_id != named:
        raise told.refused_token(answer, f"{answer.status} to another account than the one that signed in")


def read_value(told: Circumstances[T], answer: Answer) -> T:
    """The decoded answer; TryAgain where it is cut off, a page, or not what the question asks for."""
    try:
        return answer.read(told.call.shape)
    except JiraAnswerUnusable as error:
        raise TryAgain(error) from None


def _said(answer: Answer) -> str:
    words = jiras_words(answer)
    return f": {words}" if words else ""
