"""What can go wrong, sorted by what the person on call does next.

JiraStagingError
├── WrongUse                      repair the call or the definition     exit 2
│   ├── ConnectionNotFound        make the connection, or name another  retried
│   ├── SecretDefinitionNotFound
│   ├── SecretDefinitionMalformed
│   └── SecretDefinitionExists
├── SecretError                   a vault refused                       exit 3
│   ├── SecretNotFound            create or grant it
│   ├── SecretKeyMissing          name a key that exists
│   ├── SecretAccessDenied        grant the read
│   ├── SecretNotUsable           disabled, expired, not yet valid, pending deletion
│   ├── SecretMalformed           repair its value
│   └── SecretBackendUnavailable  wait                                  exit 4, retried
├── JiraError                     Jira refused                          exit 3
│   ├── JiraRefusedToken          renew the token
│   ├── JiraRefusedQuery          repair the JQL
│   ├── JiraNotPermitted          grant the account what it may not read
│   ├── JiraNotThere              repair the address: no Jira answers at it
│   ├── JiraAnswerUnusable        wait: the answer was cut off, repeated or not JSON   exit 4, retried
│   └── JiraUnavailable           wait: 429, 5xx, no connection         exit 4, retried
└── StagingError                  the staging database refused          exit 5
    ├── StagingRefused            repair the destination
    └── StagingUnavailable        wait: locked or down                  exit 5, retried

A message says what was looked for, where, and what to do; it never holds a secret's value or a row.
"""

from typing import ClassVar


class JiraStagingError(Exception):
    """Anything this package reports: `retry` says whether the same call may succeed later, `exit_code` what a shell sees."""

    retry: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1


class WrongUse(JiraStagingError):
    """The call itself is wrong: an unknown entity, project, load strategy, or two arguments that exclude each other."""

    exit_code = 2


class ConnectionNotFound(WrongUse):
    """Airflow finds no connection of this name; it says the same where a secrets backend that should have it is down."""

    retry = True


class SecretDefinitionNotFound(WrongUse):
    """No secret definition has this name."""


class SecretDefinitionMalformed(WrongUse):
    """A secret definition cannot be read: not YAML, an unknown key, a key that its backend needs is missing."""


class SecretDefinitionExists(WrongUse):
    """A new secret definition would have the name of one that exists."""


class SecretError(JiraStagingError):
    """The vault answered, but not with a usable secret."""

    exit_code = 3


class SecretNotFound(SecretError):
    """The vault has no such secret (or hides it from this identity)."""


class SecretKeyMissing(SecretError):
    """The secret is there, but has no such key in its JSON."""


class SecretAccessDenied(SecretError):
    """The vault knows who asks and says no."""


class SecretNotUsable(SecretError):
    """The secret is disabled, expired, not yet valid or pending deletion."""


class SecretMalformed(SecretError):
    """The secret's value is not what its kind needs: empty, binary, with white space inside, not a base64 pair."""


class SecretBackendUnavailable(SecretError):
    """The vault gave no answer, or asks to slow down."""

    retry = True
    exit_code = 4


class JiraError(JiraStagingError):
    """Jira refused. `trace_id` is Jira's own name for the request, for Atlassian's support."""

    exit_code = 3

    def __init__(self, message: str, *, trace_id: str | None = None) -> None:
        super().__init__(f"{message} (Jira's trace id: {trace_id})" if trace_id else message)
        self.trace_id = trace_id


class JiraRefusedToken(JiraError):
    """Jira does not accept the token, or answers as if nobody were signed in."""


class JiraRefusedQuery(JiraError):
    """Jira refused the JQL or another part of the question; the message holds Jira's own words."""


class JiraNotPermitted(JiraError):
    """The account is signed in, but may not read this."""


class JiraNotThere(JiraError):
    """No Jira answers at this address, or this deployment may not connect to it."""


class JiraAnswerUnusable(JiraError):
    """An answer was cut off, was not JSON, or repeated a page."""

    retry = True
    exit_code = 4


class JiraUnavailable(JiraError):
    """Jira gave no answer in time, or asks to wait: `wait_seconds` says how long where Jira did."""

    retry = True
    exit_code = 4

    def __init__(self, message: str, *, trace_id: str | None = None, wait_seconds: float | None = None) -> None:
        super().__init__(message, trace_id=trace_id)
        self.wait_seconds = wait_seconds


class StagingError(JiraStagingError):
    """The staging database refused."""

    exit_code = 5


class StagingRefused(StagingError):
    """The destination cannot be used as asked: not writable, another site's, a table that is not ours."""


class StagingUnavailable(StagingError):
    """The staging database is locked by another process, or gave no answer."""

    retry = True
