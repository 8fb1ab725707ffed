"""Signed in, or stop: who the client is signed in as, and what happens when Jira refuses the token.

A dead token answers a search with 200 and no issues. So `/myself` comes first; every later answer must name the same account
in `X-AAccountId`, and one that names nobody counts only after `/myself` has succeeded once more.
"""

import threading
import time

from jira_staging.errors import JiraRefusedToken, SecretError
from jira_staging.jira_api.doors import Doors, SignedIn
from jira_staging.records import ApiToken, TokenSource


class SignIn:
    """One sign-in for all threads of a client. `introduce` asks `/myself` with a token, or raises JiraRefusedToken."""

    def __init__(self, tokens: TokenSource, doors: Doors) -> None:
        self._tokens = tokens
        self._doors = doors
        self._lock = threading.Lock()
        self._offered: ApiToken | None = None
        self._signed: SignedIn | None = None
        self._vouched_at = float("-inf")
        self._refusal: JiraRefusedToken | None = None

    def current(self) -> SignedIn:
        """Who is signed in; signs in when nobody is yet, and anew when the token was replaced because its time is over."""
        with self._lock:
            self._raise_if_refused()
            try:
                token = self._tokens.token()
            except JiraRefusedToken as refusal:
                self._signed = self._same_account(self._after_failed_grant(refusal))
                return self._signed
            if self._signed is None or token not in (self._offered, self._signed.token):
                self._signed = self._same_account(self._introduced(token))
                self._offered = token
            return self._signed

    def renewed(self, refused: SignedIn, why: JiraRefusedToken) -> SignedIn:
        """The sign-in after `refused`: another thread's, or one with the token that the vault holds now; else `why`."""
        with self._lock:
            self._raise_if_refused()
            if self._signed is None or self._signed is refused:
                self._signed = self._same_account(self._with_new_token(refused.token, why))
            return self._signed

    def vouch(self, signed: SignedIn, since: float) -> None:
        """Make sure that `signed` is still accepted: `/myself` has to have been asked after `since` (monotonic seconds).

        An earlier success proves nothing about an answer that came later, so it is never reused; one that another thread
        began after `since` is, so that many threads cost one request.
        """
        with self._lock:
            self._raise_if_refused()
            if self._signed is signed and self._vouched_at >= since:
                return
            asked_at = time.monotonic()
            self._doors.confirm(signed)
            if self._signed is signed:
                self._vouched_at = asked_at

    def _after_failed_grant(self, why: JiraRefusedToken) -> SignedIn:
        """An OAuth client is no longer granted a token: during a run, the vault may hold a newer one."""
        if self._signed is None:
            raise self._remember(why)
        return self._with_new_token(self._signed.token, why)

    def _introduced(self, token: ApiToken) -> SignedIn:
        """Sign in with this token. Refused, as one out of a cache may be, it is read anew once."""
        try:
            return self._doors.introduce(token)
        except JiraRefusedToken as refusal:
            why = refusal
        return self._with_new_token(token, why)

    def _with_new_token(self, refused: ApiToken, why: JiraRefusedToken) -> SignedIn:
        try:
            token = self._tokens.renewed(refused)
        except JiraRefusedToken as refusal:
            raise self._remember(refusal) from None
        except SecretError as error:
            raise type(error)(f"{why} Whether its vault holds a newer one could not be found out: {error}") from None
        if token is None:
            raise self._remember(why)
        try:
            return self._doors.introduce(token)
        except JiraRefusedToken as refusal:
            raise self._remember(refusal) from None

    def _same_account(self, signed: SignedIn) -> SignedIn:
        before = self._signed
        if before is not None and signed.account.account_id != before.account.account_id:
            raise self._remember(
                JiraRefusedToken(
                    f"The token of `{before.token.definition}` was replaced during the run by one of another account "
                    f"({signed.account.name} instead of {before.account.name}), which may see other issues. Nothing "
                    "was published after this; run it again."
                )
            )
        return signed

    def _remember(self, refusal: JiraRefusedToken) -> JiraRefusedToken:
        """Let the other threads fail alike, without asking Jira or the vault again: wrong attempts lock accounts."""
        self._refusal = refusal
        return refusal

    def _raise_if_refused(self) -> None:
        if self._refusal is not None:
            raise JiraRefusedToken(str(self._refusal))
