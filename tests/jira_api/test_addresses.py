"""Sites as people write them, and where a deployment may connect."""

import socket

import pytest

from jira_staging.errors import JiraNotThere, WrongUse
from jira_staging.jira_api.addresses import AllowedAddresses, SiteAddress, parse_site


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://acme.atlassian.net", "https://acme.atlassian.net"),
        ("  https://acme.atlassian.net/ \n", "https://acme.atlassian.net"),
        ("acme.atlassian.net", "https://acme.atlassian.net"),
        ("HTTPS://ACME.Atlassian.NET", "https://acme.atlassian.net"),
        ("acme.atlassian.net.", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net:443/", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/jira/software/projects/ABC/boards/1?view=x#top", "https://acme.atlassian.net"),
        ("https://acme.atlassian.net/browse/ABC-1", "https://acme.atlassian.net"),
        ("https://issues.acme.example/jira/", "https://issues.acme.example/jira"),
        ("https://issues.acme.example/jira/secure/Dashboard.jspa", "https://issues.acme.example/jira"),
        ("https://issues.acme.example/rest/api/3", "https://issues.acme.example"),
        ("jira.acme.example:8443", "https://jira.acme.example:8443"),
        ("http://localhost:8080/jira", "http://localhost:8080/jira"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://jira.büro.example", "https://jira.xn--bro-hoa.example"),
        ("https://api.atlassian.com/ex/jira/5f3a1c9e-7b42/", "https://api.atlassian.com/ex/jira/5f3a1c9e-7b42"),
    ],
)
def test_a_site_is_understood_as_people_write_it(written: str, url: str) -> None:
    assert parse_site(written).url == url


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "No site: give the address of your Jira, like `https://acme.atlassian.net`."),
        ("ftp://acme.atlassian.net", "A site is reached by https, not by `ftp`: write it like `https://acme.atlassian.net`."),
        ("file:///etc/passwd", "A site is reached by https, not by `file`: write it like `https://acme.atlassian.net`."),
        ("https://", "The site's address has no readable host: write it like `https://acme.atlassian.net`."),
        (
            "https://acme atlassian.net",
            "The site's address has white space, a backslash or a control character inside: write it anew.",
        ),
        (
            "https://acme.example\\@evil.example",
            "The site's address has white space, a backslash or a control character inside: write it anew.",
        ),
        ("https://acme.example:99999", "The site's address cannot be read: write it like `https://acme.atlassian.net`."),
        (
            "https://acme.example/a/../../b",
            "The path of the site's address is not one of a Jira: give the address as Jira's base URL shows it.",
        ),
        ("https://%61cme.example", "The site's address has no readable host: write it like `https://acme.atlassian.net`."),
    ],
)
def test_what_cannot_be_a_site_is_refused_with_a_hint(written: str, says: str) -> None:
    with pytest.raises(WrongUse) as refused:
        parse_site(written)
    assert str(refused.value) == says


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(WrongUse) as refused:
        parse_site("https://bot:hunter2@acme.atlassian.net")
    assert (
        str(refused.value)
        == "The site's address holds a user or a password: remove it; the token comes from the secret definition."
    )


@pytest.mark.parametrize(
    "written", ["https://8.8.8.8", "https://[2606:4700::1111]", "http://127.0.0.1:8080", "https://127.1", "http://localhost:80"]
)
def test_public_hosts_and_loopback_are_reached_without_asking(written: str) -> None:
    AllowedAddresses().check_site(parse_site(written))


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.5.5",
        "192.168.1.1",
        "100.64.0.9",
        "fd12:3456::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:0a00:0001::1",
    ],
)
def test_a_private_address_needs_the_deployments_leave(address: str) -> None:
    site = SiteAddress("https", "jira.acme.example", 443)
    with pytest.raises(JiraNotThere) as refused:
        AllowedAddresses().check_address(site, address)
    assert str(refused.value) == (
        f"The site https://jira.acme.example leads to the private address {address}, and this deployment "
        f"connects to public hosts "
        "only. If your Jira lives there, have the deployment list `jira.acme.example` in `allowed_private_sites` "
        "(from a shell: `JIRA_STAGING_ALLOWED_PRIVATE_SITES`)."
    )
    AllowedAddresses(private_sites=["https://Jira.acme.example/"]).check_address(site, address)
    AllowedAddresses(private_sites=["jira.acme.example:443"]).check_address(site, address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "fd00:ec2::254",
        "100.100.100.200",
        "::ffff:169.254.169.254",
        "255.255.255.255",
    ],
)
def test_no_list_leads_to_a_metadata_service_or_to_no_host_at_all(address: str) -> None:
    site = SiteAddress("https", "jira.acme.example", 443)
    with pytest.raises(JiraNotThere) as refused:
        AllowedAddresses(private_sites=["jira.acme.example"]).check_address(site, address)
    assert (
        str(refused.value)
        == f"The site https://jira.acme.example leads to {address}, where no Jira can be: check the address and its DNS."
    )


@pytest.mark.parametrize("written", ["https://0x7f.1", "https://2130706433", "https://0177.0.0.1"])
def test_odd_spellings_of_an_address_mean_what_the_resolver_takes_them_for(written: str) -> None:
    AllowedAddresses().check_site(parse_site(written))
    with pytest.raises(JiraNotThere):
        AllowedAddresses().check_site(parse_site("https://0xa9fea9fe"))


def test_plain_http_needs_the_deployments_leave_even_where_the_address_is_public() -> None:
    site = parse_site("http://8.8.8.8:8080")
    with pytest.raises(JiraNotThere) as refused:
        AllowedAddresses().check_site(site)
    assert str(refused.value) == (
        "The site http://8.8.8.8:8080 is plain http, which would show the token to everyone on the way: write https, or have "
        "the deployment list `8.8.8.8:8080` in `allowed_http_sites` "
        "(from a shell: `JIRA_STAGING_ALLOWED_HTTP_SITES`)."
    )
    AllowedAddresses(http_sites=["8.8.8.8:8080"]).check_site(site)


def test_a_name_is_judged_by_every_address_that_it_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(JiraNotThere):
        AllowedAddresses().check_site(parse_site("jira.acme.example"))


def test_behind_a_proxy_only_a_written_out_address_is_checked() -> None:
    AllowedAddresses().check_site(parse_site("jira.invalid"), resolve_here=False)
    with pytest.raises(JiraNotThere):
        AllowedAddresses().check_site(parse_site("10.1.2.3"), resolve_here=False)
