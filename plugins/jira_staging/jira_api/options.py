"""How a deployment wants its connection to Jira to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConnectionOptions:
    """Limits of a connection; each has a default that fits Jira Cloud.

    connect_seconds, read_seconds: for a connection, and for each next part of an answer; answer_seconds: for all of it.
    answer_bytes: the largest answer taken, unpacked. It bounds memory together with most_at_once, since a few answers
        for each thread are held at once; a fetch that would exceed it is asked for in smaller parts.
    most_at_once: requests under way at once, at most; how many really are, the governor finds out.
    wait_limit_seconds: how long one question may wait in all when Jira asks to wait or fails; more raises JiraUnavailable.
    run_wait_limit_seconds: the same for all questions of a client together, waits at the same time counted once.
    most_tries: how often one question is asked before its fault is reported.
    allowed_private_sites, allowed_http_sites: `host` or `host:port` that may be private, or plain http; from the deployment.
    gateway: where Cloud takes scoped API tokens and OAuth clients, who do not get in at the site itself.
    authorization_server: where an OAuth client's credential is exchanged for an access token.
        Both get what signs in, so they too come from the deployment.
    client_certificate: a PEM file with the certificate and its key (or two files, with a comma between) for a site that demands
        one; empty for none. It too comes from the deployment.
    verify: False checks no certificate (never do it), a path names a CA bundle; REQUESTS_CA_BUNDLE counts where it is True.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 90.0
    answer_seconds: float = 600.0
    answer_bytes: int = 64 << 20
    most_at_once: int = 16
    wait_limit_seconds: float = 120.0
    run_wait_limit_seconds: float = 1800.0
    most_tries: int = 6
    allowed_private_sites: tuple[str, ...] = ()
    allowed_http_sites: tuple[str, ...] = ()
    gateway: str = "https://api.atlassian.com"
    authorization_server: str = "https://auth.atlassian.com"
    client_certificate: str = ""
    verify: bool | str = True
    user_agent: str = "jira-staging"
