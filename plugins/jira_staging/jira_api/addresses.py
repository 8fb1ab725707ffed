"""Site addresses as people write them, and where this deployment may connect to."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from jira_staging.errors import JiraNotThere, WrongUse

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

DEFAULT_PORTS = {"https": 443, "http": 80}

# A Cloud site has no path of its own; what follows the host was copied out of a browser together with it.
CLOUD_SUFFIXES = (".atlassian.net", ".jira.com")

# Jira's own first path segments: an address with one of them was copied from a page, so the site ends before it.
JIRAS_OWN_PATHS = frozenset({"browse", "issues", "login.jsp", "plugins", "projects", "rest", "secure", "servicedesk"})

HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?\.?")

# Reachable from a cloud machine, answered by whoever runs it, and never a Jira: not even a listed host may lead there.
METADATA_ADDRESSES = frozenset({ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200")})
NAT64 = ipaddress.ip_network("64:ff9b::/96")
SHARED = ipaddress.ip_network("100.64.0.0/10")


@dataclass(frozen=True)
class SiteAddress:
    """A Jira site: `path` is its context path, empty or `/jira`, never ending in a slash."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def authority(self) -> str:
        """`host`, or `host:port` where the port is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """What a redirect may not leave."""
        return (self.scheme, self.host, self.port)


def parse_site(site: str) -> SiteAddress:
    """The address in `site` as a person may write it: without a scheme, in capitals, with a slash or a page's path behind.

    WrongUse where it cannot be one; what it may hold of a password is not repeated.
    """
    text = site.strip()
    if not text:
        raise WrongUse("No site: give the address of your Jira, like `https://acme.atlassian.net`.")
    if re.search(r"[\s\\\x00-\x1f]", text):
        raise WrongUse("The site's address has white space, a backslash or a control character inside: write it anew.")
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise WrongUse("The site's address cannot be read: write it like `https://acme.atlassian.net`.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise WrongUse(f"A site is reached by https, not by `{parts.scheme}`: write it like `https://acme.atlassian.net`.")
    if parts.username is not None or parts.password is not None:
        raise WrongUse("The site's address holds a user or a password: remove it; the token comes from the secret definition.")
    return SiteAddress(parts.scheme, _host(parts), port or DEFAULT_PORTS[parts.scheme], _context_path(parts))


def parse_service(address: str, option: str) -> SiteAddress:
    """The address of a service beside the site, which the deployment names by `option`. WrongUse."""
    try:
        return parse_site(address)
    except WrongUse as error:
        raise WrongUse(f"The deployment's option `{option}` is no address of a service. {error}") from None


def _host(parts: SplitResult) -> str:
    """The host in lower case, ASCII; an IPv6 address without its brackets."""
    host = parts.hostname or ""
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            raise WrongUse("The site's IPv6 address cannot be read.") from None
    try:
        host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        host = ""
    if not HOST.fullmatch(host):
        raise WrongUse("The site's address has no readable host: write it like `https://acme.atlassian.net`.")
    return host.rstrip(".")


def _context_path(parts: SplitResult) -> str:
    if (parts.hostname or "").endswith(CLOUD_SUFFIXES):
        return ""
    kept = []
    for segment in parts.path.split("/"):
        if segment.lower() in JIRAS_OWN_PATHS:
            break
        if segment in {".", ".."} or not re.fullmatch(r"[\w.~-]*", segment, re.ASCII):
            raise WrongUse("The path of the site's address is not one of a Jira: give the address as Jira's base URL shows it.")
        if segment:
            kept.append(segment)
    return "".join(f"/{segment}" for segment in kept)


class AllowedAddresses:
    """Where this deployment may connect: public hosts by https, loopback, and what it lists by `host` or `host:port`."""

    def __init__(self, private_sites: Iterable[str] = (), http_sites: Iterable[str] = ()) -> None:
        self._private = frozenset(_listed(entry) for entry in private_sites)
        self._http = frozenset(_listed(entry) for entry in http_sites)

    def check_site(self, site: SiteAddress, *, resolve_here: bool = True) -> None:
        """Refuse with JiraNotThere what may not be reached, before anything is sent.

        A name that does not resolve passes: the connection itself reports it (or a proxy resolves it elsewhere,
        `resolve_here=False`, and then only an address written out is checked).
        """
        found = _resolve(site) if resolve_here else _written_out(site)
        for address in found:
            self.check_address(site, address)
        if site.scheme == "http" and not self._is_listed(site, self._http) and not (found and all(map(_is_loopback, found))):
            raise JiraNotThere(
                f"The site {site.url} is plain http, which would show the token to everyone on the way: write https, or have "
                f"the deployment list `{site.authority}` in `allowed_http_sites` "
                "(from a shell: `JIRA_STAGING_ALLOWED_HTTP_SITES`)."
            )

    def check_address(self, site: SiteAddress, address: str) -> None:
        """Refuse with JiraNotThere an address that `site` resolved to, or that a connection to it ended at."""
        ip = _inner(ipaddress.ip_address(address))
        if ip.is_loopback or _is_public(ip):
            return
        if not _may_be_listed(ip):
            raise JiraNotThere(f"The site {site.url} leads to {address}, where no Jira can be: check the address and its DNS.")
        if not self._is_listed(site, self._private):
            raise JiraNotThere(
                f"The site {site.url} leads to the private address {address}, and this deployment connects to public hosts "
                f"only. If your Jira lives there, have the deployment list `{site.host}` in `allowed_private_sites` "
                "(from a shell: `JIRA_STAGING_ALLOWED_PRIVATE_SITES`)."
            )

    def _is_listed(self, site: SiteAddress, listed: frozenset[str]) -> bool:
        return bool({site.host, f"{site.host}:{site.port}", site.authority} & listed)


def _listed(entry: str) -> str:
    """`host` or `host:port` of an entry, which people also write as a URL."""
    return entry.strip().lower().rpartition("://")[2].split("/")[0]


def _resolve(site: SiteAddress) -> list[str]:
    try:
        found = socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def _written_out(site: SiteAddress) -> list[str]:
    """The address that `site` itself is, in any spelling a resolver takes (`127.1`, `0x7f000001`), else nothing."""
    try:
        found = socket.getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def _inner(ip: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip


def _is_public(ip: IpAddress) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_loopback(address: str) -> bool:
    return _inner(ipaddress.ip_address(address)).is_loopback


def _may_be_listed(ip: IpAddress) -> bool:
    """True for the private ranges in which a company's own Jira may live."""
    if ip in METADATA_ADDRESSES or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    return ip.is_private or (ip.version == 4 and ip in SHARED)
