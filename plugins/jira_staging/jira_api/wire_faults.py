"""Why no answer came, in words: what `requests`, `urllib3` and the system raise, told in one sentence that holds no header."""

import socket
import ssl
from collections.abc import Iterator

import requests
import urllib3

# What each class means to a reader, the most telling first. Its own text is not shown: it repeats addresses and paths.
SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (requests.exceptions.ProxyError, "the proxy refused"),
    (urllib3.exceptions.ProxyError, "the proxy refused"),
    (socket.gaierror, "the name does not resolve"),
    (ConnectionRefusedError, "the connection was refused"),
    (urllib3.exceptions.NewConnectionError, "no connection could be made"),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (urllib3.exceptions.ConnectTimeoutError, "no connection in time"),
    (requests.exceptions.ReadTimeout, "no answer in time"),
    (urllib3.exceptions.ReadTimeoutError, "the answer stopped for too long"),
    (urllib3.exceptions.IncompleteRead, "the answer was cut off"),
    (urllib3.exceptions.DecodeError, "the answer's compression is damaged"),
    (ConnectionError, "the connection was closed"),
    (ssl.SSLError, "the TLS handshake failed (does the site demand a client certificate?)"),
    (urllib3.exceptions.ProtocolError, "the answer was cut off"),
)

# What OpenSSL calls bytes that are no TLS record.
NO_TLS_AT_ALL = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"})

# What OpenSSL calls the alerts of a server that wants another certificate of ours, or any at all.
CERTIFICATE_DEMANDED = frozenset(
    {
        "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        "TLSV1_ALERT_UNKNOWN_CA",
        "SSLV3_ALERT_BAD_CERTIFICATE",
        "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        # What TLS 1.2 says where none was shown.
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
    }
)


def _chain(fault: BaseException) -> Iterator[BaseException]:
    """The fault, and what it was made from: by `raise … from`, as a `reason`, or as an argument."""
    seen: list[BaseException] = []
    waiting: list[object] = [fault]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and link not in seen:
            seen.append(link)
            yield link
            waiting += [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]


def reason_of(fault: BaseException) -> str:
    """One clause that says what happened."""
    chain = list(_chain(fault))
    for kind, sentence in SENTENCES:
        if any(isinstance(link, kind) for link in chain):
            return sentence
    system = next((link.strerror for link in chain if isinstance(link, OSError) and link.strerror), None)
    return system or type(chain[-1]).__name__


def is_late(fault: BaseException) -> bool:
    """Whether the connection stood, and no answer came on it in time."""
    late = (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError)
    return any(isinstance(link, late) for link in _chain(fault))


def certificate_problem(fault: BaseException) -> str | None:
    """What is wrong with the site's certificate, if that is the fault: waiting will not repair it."""
    for link in _chain(fault):
        if isinstance(link, ssl.SSLCertVerificationError):
            return link.verify_message or "verification failed"
    return None


def demands_certificate(fault: BaseException) -> bool:
    """Whether the other side broke off because we showed no certificate, or one that it does not know."""
    return any(isinstance(link, ssl.SSLError) and link.reason in CERTIFICATE_DEMANDED for link in _chain(fault))


def is_unknown_host(fault: BaseException, host: str) -> bool:
    """Whether the name service answered that there is no such host (not that it could not answer)."""
    unknown = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
    chain = list(_chain(fault))
    asked = any(isinstance(link, urllib3.exceptions.NameResolutionError) and host in str(link) for link in chain)
    return asked and any(isinstance(link, socket.gaierror) and link.errno in unknown for link in chain)


def speaks_no_tls(fault: BaseException) -> bool:
    """Whether the other side answered our TLS handshake with something that is none: plain HTTP, most often."""
    return any(isinstance(link, ssl.SSLError) and link.reason in NO_TLS_AT_ALL for link in _chain(fault))
