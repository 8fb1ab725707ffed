"""Signed in, or stop: who the client is signed in as, and what happens when Jira refuses the token.

A dead token answers a search with 200 and no issues. So `/myself` comes first; every later answer must name the same account
in `X-AAccountId`, and one that names nobody counts only after `/myself` has succeeded once more.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from jira_staging.errors import JiraRefusedToken
from jira_staging.records import Account, ApiToken, TokenSource


@dataclass(frozen=True)
class SignedIn:
    """A token that Jira accepted, for whom, and what its answers carry in `X-AAccountId` from then on."""

    token: ApiToken
    account: Account
    named: str


class SignIn:
    """One sign-in for all threads of a client. `introduce` asks `/myself` with a token, or raises JiraRefusedToken."""

    def __init__(self, tokens: TokenSource, introduce: Callable[[ApiToken], SignedIn]) -> None:
        self._tokens = tokens
        self._introduce = introduce
        self._lock = threading.Lock()
        self._signed: SignedIn | None = None
        self._vouched_at = float("-inf")
        self._refusal: JiraRefusedToken | None = None

    def current(self) -> SignedIn:
        """Who is signed in; signs in when nobody is yet. A token refused out of a cache is read anew once."""
        with self._lock:
            self._raise_if_refused()
            if self._signed is None:
                self._signed = self._first()
            return self._signed

    def renewed(self, refused: SignedIn, why: JiraRefusedToken) -> SignedIn:
        """The sign-in after `refused`: another thread's, or one with the token that the vault holds now; else `why`."""
        with self._lock:
            self._raise_if_refused()
            if self._signed is not None and self._signed is not refused:
                return self._signed
            self._signed = self._with_new_token(refused.token, why)
            if self._signed.account.account_id != refused.account.account_id:
                raise self._remember(
                    JiraRefusedToken(
                        f"The token of `{refused.token.definition}` was replaced during the run by one of another account "
                        f"({self._signed.account.name} instead of {refused.account.name}), which may see other issues. Nothing "
                        "was published after this; run it again."
                    )
                )
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
            self._introduce(signed.token)
            if self._signed is signed:
                self._vouched_at = asked_at

    def _first(self) -> SignedIn:
        token = self._tokens.token()
        try:
            return self._introduce(token)
        except JiraRefusedToken as refusal:
            why = refusal
        return self._with_new_token(token, why)

    def _with_new_token(self, refused: ApiToken, why: JiraRefusedToken) -> SignedIn:
        token = self._tokens.renewed(refused)
        if token is None:
            raise self._remember(why)
        try:
            return self._introduce(token)
        except JiraRefusedToken as refusal:
            raise self._remember(refusal) from None

    def _remember(self, refusal: JiraRefusedToken) -> JiraRefusedToken:
        """Let the other threads fail alike, without asking Jira or the vault again: wrong attempts lock accounts."""
        self._refusal = refusal
        return refusal

    def _raise_if_refused(self) -> None:
        if self._refusal is not None:
            raise JiraRefusedToken(str(self._refusal))
