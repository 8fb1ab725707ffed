"""The client: one signed-in, paced and patient connection to a Jira site, shared by all threads of a run."""

import copy
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from jira_staging.errors import JiraAnswerUnusable, JiraRefusedToken, WrongUse
from jira_staging.jira_api.addresses import parse_site
from jira_staging.jira_api.answers import Answer, Call, Traffic, TryAgain, holds_nothing
from jira_staging.jira_api.doors import MYSELF, SERVER_INFO, Door, Doors, SignedIn
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.pace import Pace
from jira_staging.jira_api.pacing import Governor, Patience
from jira_staging.jira_api.rate_headers import moment_of
from jira_staging.jira_api.refusals import (
    Circumstances,
    check_account,
    check_available,
    check_token,
    lacks_scope,
    raise_refusal,
    read_value,
)
from jira_staging.jira_api.signing_in import SignIn
from jira_staging.phases import phase
from jira_staging.records import Account, ApiToken, TokenSource
from jira_staging.run_logs import RunLog

__all__ = ["ConnectionOptions", "JiraClient"]

log = RunLog(__name__)

T = TypeVar("T")
R = TypeVar("R")


class JiraClient:
    """A door to one site, for as long as it is open: `with JiraClient(site, tokens) as jira:`.

    Nothing is sent before the first question; the first one signs in. It may be used by many threads.
    """

    def __init__(
        self, site: str, tokens: TokenSource, options: ConnectionOptions | None = None, *, governor: Governor | None = None
    ) -> None:
        self.address = parse_site(site)
        self.options = options or ConnectionOptions()
        self._governor = governor or Governor(
            Pace(self.options.most_at_once), wait_limit_seconds=self.options.run_wait_limit_seconds
        )
        self._doors = Doors(self.address, self.options, self._persist)
        self._sign_in = SignIn(tokens, self._doors)
        self._cancelled = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Break off what is under way and close all connections."""
        self._cancelled.set()
        self._doors.close()
        self._governor.wake()

    def until(self, cancelled: threading.Event) -> "JiraClient":
        """The same client for work that may be called off: its waits end when `cancelled` is set and `wake` is called."""
        view = copy.copy(self)
        view._cancelled = cancelled  # noqa: SLF001 - it is another one of us
        return view

    def wake(self) -> None:
        """Let threads that wait for their turn see that their work was called off."""
        self._governor.wake()

    @property
    def site(self) -> str:
        """The site's address, as it is used and shown."""
        return self.address.url

    @property
    def traffic(self) -> Traffic:
        """What was sent and waited for so far; subtract an earlier one."""
        return self._governor.traffic

    @property
    def door(self) -> str:
        """Where the signed-in token was let in: the site's address, or Cloud's gateway to it."""
        return self._sign_in.current().door.shown

    @property
    def is_data_center(self) -> bool:
        """Whether it is a company's own Jira; signs in to find out."""
        return self._sign_in.current().door.is_data_center

    @phase("sign_in")
    def sign_in(self) -> Account:
        """Who is signed in, by `/myself`; JiraRefusedToken, or JiraNotThere where the address is no Jira."""
        return self._sign_in.current().account

    def ask(self, call: Call[T]) -> T:
        """What Jira answers, decoded; asked again through faults that pass, and once more with a renewed token."""
        return self._answered(call)[1]

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        """The answer to a GET of any path of the site, whose content is JSON."""
        return self._answered(Call(path, msgspec.Raw, holds_nothing, params=params or {}))[0]

    def post(self, path: str, body: object) -> Answer:
        """The answer to a POST that reads, whose content is JSON."""
        return self._answered(Call(path, msgspec.Raw, holds_nothing, body=body))[0]

    def now(self) -> int:
        """The time by Jira's own clock, in epoch milliseconds: the `Date` of an answer, else `/serverInfo`'s time."""
        moment = moment_of(self._answered(MYSELF)[0].headers.get("Date"))
        if moment is None:
            moment = moment_of(self.ask(SERVER_INFO).server_time)
        if moment is None:
            raise JiraAnswerUnusable(
                f"Jira at {self.site} does not say what time it is (no Date header, no serverTime in /serverInfo), and the "
                "clock of this machine must not decide what is read next. If a proxy removes the Date header, it must stop."
            )
        return int(moment.timestamp() * 1000)

    def _answered(self, call: Call[T]) -> tuple[Answer, T]:
        if self._doors.is_closed:
            raise WrongUse(f"The connection to {self.site} is closed: open a new client.")
        signed = self._sign_in.current()
        try:
            return self._ask_as(signed, call)
        except JiraRefusedToken as refusal:
            why = refusal
        return self._ask_as(self._sign_in.renewed(signed, why), call)

    def _ask_as(self, signed: SignedIn, call: Call[T]) -> tuple[Answer, T]:
        spelled = signed.door.spelled(call)
        return self._persist(spelled, signed.door, signed.token, lambda answer: self._judged(spelled, signed, answer))

    def _judged(self, call: Call[T], signed: SignedIn, answer: Answer) -> tuple[Answer, T]:
        """An answer counts only if it was given to the account that is signed in."""
        told = Circumstances(signed.door.shown, call, signed.token)
        check_token(told, answer)
        check_available(told, answer)
        check_account(told, answer, signed.named)
        if answer.status != 200:
            # To a stranger Jira answers these too, so they mean something only while the token is good.
            if answer.status in (401, 403, 404) and answer.account_id is None and not lacks_scope(answer):
                self._sign_in.vouch(signed, answer.received_at)
            raise_refusal(told, answer)
        value = read_value(call, answer)
        if answer.account_id is None:
            if call.is_empty(value):
                raise told.refused_token(answer, "200 with nothing in it, and without saying to whom")
            self._sign_in.vouch(signed, answer.received_at)
        return answer, value

    def _persist(self, call: Call[Any], door: Door, token: ApiToken | None, judge: Callable[[Answer], R]) -> R:
        """What `judge` makes of the answer to one question, asked again while what it finds may pass."""
        patience = self._patience(call)

        def attempt() -> R:
            with self._governor.turn(call.route, patience):
                started = self._governor.clock()
                answer = door.wire.exchange(call, token, patience.cancelled)
                self._governor.learn(call.route, answer, started=started)
            log.debug("%s %s %s in %.3f s", call.method, call.path, answer, self._governor.clock() - started)
            return judge(answer)

        def logged() -> R:
            try:
                return attempt()
            except TryAgain as fault:
                log.info("This may pass: %s", fault.error)
                raise

        return self._governor.persist(logged, patience)

    def _patience(self, call: Call[Any]) -> Patience:
        question = f"{call.method} {self.site}{call.path}"
        return Patience(question, self.options.most_tries, self.options.wait_limit_seconds, cancelled=self._cancelled)
