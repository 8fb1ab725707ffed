"""The wire: sends one request by `requests` and gives what came back, or says why nothing came."""

import logging
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
import urllib3
from requests.auth import AuthBase
from requests.utils import select_proxy

from jira_staging.errors import JiraNotThere, JiraUnavailable, SecretMalformed, WrongUse
from jira_staging.jira_api.addresses import DEFAULT_PORTS, AllowedAddresses, SiteAddress
from jira_staging.jira_api.answers import Answer, AnswerTooLarge, AnswerTooSlow, Call, Cancelled, TryAgain
from jira_staging.jira_api.checked_connections import CheckedAdapter
from jira_staging.jira_api.options import ConnectionOptions
from jira_staging.jira_api.wire_faults import (
    certificate_problem,
    demands_certificate,
    is_late,
    is_unknown_host,
    reason_of,
    speaks_no_tls,
)
from jira_staging.records import ApiToken

log = logging.getLogger(__name__)

# Large enough that an answer of 100 issues takes few reads, small enough that a packed bomb is noticed early.
READ_BYTES = 1 << 20
# What is not packed is as large as it says: a page of changelogs comes in one piece, and a run that ends waits for no more.
READ_AS_ANNOUNCED = 8 << 20

# Within a site, as from `/` to its context path. A longer chain is a loop.
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class _TokenHeader(AuthBase):
    """Puts the token, if any, on a request. Having an auth object, `requests` does not look into a netrc file for another."""

    def __init__(self, token: ApiToken | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            # `requests` would refuse such a header too, and print it while doing so.
            if not _fits_header(self._token.authorization):
                raise SecretMalformed(
                    f"The token of `{self._token.definition}` holds characters that no HTTP header can carry: store it anew."
                )
            request.headers["Authorization"] = self._token.authorization
        return request


def _fits_header(value: str) -> bool:
    return value.isascii() and value.isprintable()


class Wire:
    """A pooled session to one address, which no token leaves.

    It keeps no cookies: every request proves by its own token who asks, or asks as nobody (`token` None).
    """

    def __init__(self, site: SiteAddress, options: ConnectionOptions) -> None:
        self.site = site
        self._options = options
        self._allowed = AllowedAddresses(options.allowed_private_sites, options.allowed_http_sites)
        self._opening = threading.Lock()
        self._settings: dict[str, Any] | None = None
        self._has_answered = False
        self.is_closed = False
        self._adapter = CheckedAdapter(
            lambda address: self._allowed.check_address(site, address), pool_maxsize=options.most_at_once
        )
        self._session = requests.Session()
        self._session.headers.update(
            {"User-Agent": options.user_agent, "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        )

    def exchange(self, call: Call[Any], token: ApiToken | None, cancelled: threading.Event) -> Answer:
        """Send a request and read its answer. TryAgain where nothing came, or not all of it."""
        settings = self._open()
        try:
            with self._send(call, token, settings) as response:
                content = self._read(response, call.path, cancelled)
                self._has_answered = True
                return Answer(response.status_code, content, response.headers, self.site.url + call.path, time.monotonic())
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as fault:
            error = self._translated(fault, call)
        # Raised out here, so that it does not keep the request, which holds the token, as its context.
        if self.is_closed or cancelled.is_set():
            raise Cancelled
        raise error if isinstance(error, JiraNotThere | AnswerTooSlow) else TryAgain(error)

    def close(self) -> None:
        """Close every connection, also those on which an answer is still awaited."""
        self.is_closed = True
        self._adapter.break_off()
        self._adapter.close()

    def _open(self) -> dict[str, Any]:
        """How to send: proxies and CA bundle from the environment, read once; the site is checked before its first use."""
        with self._opening:
            if self._settings is None:
                settings: dict[str, Any] = dict(
                    self._session.merge_environment_settings(self.site.url, {}, True, self._options.verify, self._certificate())
                )
                if not settings["verify"]:
                    log.warning(
                        "Certificates are NOT checked: whoever is between here and %s can read the token.", self.site.url
                    )
                proxied = bool(select_proxy(self.site.url, settings["proxies"]))
                self._allowed.check_site(self.site, resolve_here=not proxied)
                timeouts = (self._options.connect_seconds, self._options.read_seconds)
                self._settings = {**settings, "timeout": timeouts}
            return self._settings

    def _certificate(self) -> str | tuple[str, str] | None:
        """What this deployment shows to a site that asks for it, as `requests` takes it. WrongUse for a file that is none."""
        files = tuple(name.strip() for name in self._options.client_certificate.split(",") if name.strip())
        for name in files:
            if not Path(name).is_file():
                raise WrongUse(
                    f"The deployment's option `client_certificate` names `{name}`, and there is no such file here: name a PEM "
                    "file with the certificate and its key, or the two with a comma between."
                )
        if len(files) > 1:
            return files[0], files[1]
        return files[0] if files else None

    def _send(self, call: Call[Any], token: ApiToken | None, settings: dict[str, Any]) -> requests.Response:
        """The response, its body not read yet, after redirects within the site."""
        request = self._session.prepare_request(_request(self.site.url + call.path, call, token))
        # Past `Session.send`, which keeps cookies and prepares to follow redirects by itself.
        for _ in range(MOST_REDIRECTS + 1):
            response = self._adapter.send(request, **settings)
            if response.status_code not in REDIRECTS:
                return response
            request.url = self._redirected(request, response)
            response.close()
        raise JiraNotThere(f"{self.site.url} redirects {call.path} in circles: give Jira's base URL as the site.")

    def _redirected(self, request: requests.PreparedRequest, response: requests.Response) -> str:
        """Where a redirect leads, if that is on the same site; a token never follows to another."""
        location = response.headers.get("Location", "")
        try:
            target = urljoin(str(request.url), location)
        except ValueError:
            target = location
        shown = target.partition("?")[0].rpartition("@")[2][:200]
        if not self._is_here(target):
            raise JiraNotThere(
                f"{self.site.url} sends its visitors to {shown}, and a token is not sent after them. If that is your Jira, "
                "give its address as the site; if it is a sign-in page, Jira's API must be reachable without it."
            )
        if request.method != "GET" and response.status_code not in (307, 308):
            raise JiraNotThere(f"{self.site.url} redirects a question to {shown}: give Jira's base URL as the site.")
        return target

    def _is_here(self, target: str) -> bool:
        try:
            parts = urlsplit(target)
            port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        except ValueError:
            return False
        return (parts.scheme, parts.hostname, port) == self.site.origin and parts.username is None

    def _read(self, response: requests.Response, path: str, cancelled: threading.Event) -> bytes:
        """The whole body, unpacked, within the limits of size and time."""
        limit, deadline = self._options.answer_bytes, time.monotonic() + self._options.answer_seconds
        announced = response.headers.get("Content-Length", "")
        size = int(announced) if announced.isdecimal() else 0
        chunks: list[bytes] = []
        if size <= limit:
            size = 0
            while size <= limit and (chunk := response.raw.read(_next_read(response.raw), decode_content=True)):
                chunks.append(chunk)
                size += len(chunk)
                if cancelled.is_set():
                    raise Cancelled
                if time.monotonic() > deadline:
                    raise TryAgain(
                        JiraUnavailable(
                            f"{self.site.url}{path} was still answering after {self._options.answer_seconds:,.0f} s."
                        )
                    )
        if size > limit:
            raise AnswerTooLarge(f"The answer of {self.site.url}{path} is larger than {limit:,} bytes, the most that is taken.")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _translated(self, fault: Exception, call: Call[Any]) -> JiraNotThere | JiraUnavailable:
        certificate = certificate_problem(fault)
        if certificate:
            return JiraNotThere(
                f"The certificate of {self.site.url} is not trusted here ({certificate}). If your company signs its own, name "
                "its CA bundle in REQUESTS_CA_BUNDLE, or in the deployment's connection options."
            )
        if demands_certificate(fault):
            return JiraNotThere(
                f"{self.site.url} broke off the TLS handshake, most likely because it demands a client certificate that it "
                "knows: have the deployment name its PEM file in `client_certificate`."
            )
        # Later on the same words mean that the name service has a bad moment.
        if not self._has_answered and is_unknown_host(fault, self.site.host):
            return JiraNotThere(f"There is no host named `{self.site.host}`: check the address {self.site.url}.")
        if not self._has_answered and speaks_no_tls(fault):
            return JiraNotThere(
                f"What answers at {self.site.url} speaks no TLS: check the address and its port. A Jira that has plain http "
                f"only is written `http://{self.site.authority}`, and the deployment must list it in `allowed_http_sites` "
                "(from a shell: `JIRA_STAGING_ALLOWED_HTTP_SITES`)."
            )
        kind = AnswerTooSlow if call.is_divisible and is_late(fault) else JiraUnavailable
        return kind(f"No answer from {self.site.url} to {call.method} {call.path}: {reason_of(fault)}.")


def _next_read(raw: urllib3.BaseHTTPResponse) -> int:
    """How many bytes to ask for: where that is known, no more than there are, since urllib3 copies what falls short twice."""
    left = None if "Content-Encoding" in raw.headers else raw.length_remaining
    return min(left, READ_AS_ANNOUNCED) if left else READ_BYTES


def _request(url: str, call: Call[Any], token: ApiToken | None) -> requests.Request:
    # No name holds the encoded body: whoever shows the variables of a traceback would show the credential in it.
    return requests.Request(
        call.method,
        url,
        params=call.params,
        data=None if call.body is None else msgspec.json.encode(call.body),
        headers={**call.headers, **({} if call.body is None else {"Content-Type": "application/json"})},
        auth=_TokenHeader(token),
    )
