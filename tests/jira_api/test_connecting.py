"""The wire: what is shown, where the token goes, and how much of an answer is taken."""

import contextlib
import gzip
import http.client
import io
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import trustme
import urllib3

from jira_api.clients import Vault, client, token
from jira_api.small_server import MYSELF, Given, Seen, forwarding, json, serving, signed_in
from jira_staging.errors import JiraNotThere, JiraStagingError, JiraUnavailable, WrongUse
from jira_staging.jira_api.answers import REST, AnswerTooLarge, Call, Cancelled
from jira_staging.jira_api.client import JiraClient
from jira_staging.jira_api.options import ConnectionOptions

ANYTHING = Call(f"{REST}/field", list, lambda items: not items)
AUTHORIZATION = token().authorization


def test_debug_logging_does_not_print_the_token(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 2)
    printed = io.StringIO()
    with (
        caplog.at_level(logging.DEBUG),
        contextlib.redirect_stdout(printed),
        serving(signed_in(lambda _r: json([1]))) as (url, _),
        client(url) as jira,
    ):
        assert jira.ask(ANYTHING) == [1]
    shown = printed.getvalue() + caplog.text + "".join(capfd.readouterr())
    assert "GET /rest/api/3/field" in caplog.text
    assert not [spelling for spelling in token().spellings() if spelling in shown]


def test_a_netrc_file_does_not_replace_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login intruder password other\ndefault login intruder password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(signed_in(lambda _r: json([1]))) as (url, seen), client(url) as jira:
        jira.ask(ANYTHING)
    assert {request.headers["Authorization"] for request in seen} == {AUTHORIZATION}


def test_a_failed_connection_leaves_no_exception_that_holds_the_token() -> None:
    cut_off = Given(200, b"", length=10)
    with serving(lambda _r: cut_off) as (url, _), client(url, most_tries=1) as jira, pytest.raises(JiraUnavailable) as told:
        jira.sign_in()
    link: BaseException | None = told.value
    while link is not None:
        assert not hasattr(link, "request")
        link = link.__cause__ or link.__context__


def test_no_cookie_is_kept_so_that_each_request_proves_itself() -> None:
    with serving(signed_in(lambda _r: json([1], Set_Cookie="session=1; Path=/"))) as (url, seen), client(url) as jira:
        jira.ask(ANYTHING)
        jira.ask(ANYTHING)
    assert ["Cookie" in request.headers for request in seen] == [False, False, False]


class TestRedirects:
    def test_to_another_host_is_refused_and_the_token_does_not_follow(self) -> None:
        with serving(lambda _r: json(MYSELF)) as (other, stolen):
            elsewhere = other.replace("127.0.0.1", "localhost")
            away = Given(302, b"", {"Location": f"{elsewhere}/rest/api/3/myself?from=here"})
            with serving(lambda _r: away) as (url, _), client(url) as jira, pytest.raises(JiraNotThere) as refused:
                jira.sign_in()
        assert str(refused.value) == (
            f"{url} sends its visitors to {elsewhere}/rest/api/3/myself, and a token is not sent after them. If "
            f"that is your Jira, give "
            "its address as the site; if it is a sign-in page, Jira's API must be reachable without it."
        )
        assert stolen == []

    @pytest.mark.parametrize(
        "location",
        [
            "//127.0.0.1:1/x",
            "https://{host}/",
            "http://x@{host}/",
            "http://127.0.0.1:1/",
            "ftp://{host}/",
            "http://[/",
            "http://{host}:99999/",
        ],
    )
    def test_what_looks_like_the_same_host_and_is_not_is_refused(self, location: str) -> None:
        with (
            serving(lambda r: Given(307, b"", {"Location": location.format(host=r.headers["Host"])})) as (url, seen),
            client(url) as jira,
            pytest.raises(JiraNotThere, match="sends its visitors to"),
        ):
            jira.sign_in()
        assert len(seen) == 1

    def test_within_the_site_is_followed(self) -> None:
        def answer(request: Seen) -> Given:
            if request.path.startswith("/jira/"):
                return json(MYSELF)
            return Given(302, b"", {"Location": "/jira" + request.path})

        with serving(answer) as (url, seen), client(url) as jira:
            jira.sign_in()
        assert [request.path for request in seen] == ["/rest/api/3/myself", "/jira/rest/api/3/myself"]

    def test_in_circles_ends(self) -> None:
        circle = serving(lambda r: Given(302, b"", {"Location": r.path}))
        with circle as (url, seen), client(url) as jira, pytest.raises(JiraNotThere) as refused:
            jira.sign_in()
        assert str(refused.value) == f"{url} redirects /rest/api/3/myself in circles: give Jira's base URL as the site."
        assert len(seen) == 4

    def test_a_question_by_post_is_not_turned_into_a_get(self) -> None:
        posted = Call(f"{REST}/search/jql", dict, lambda told: not told, body={"jql": "a = b"})
        moved = signed_in(lambda _r: Given(302, b"", {"Location": "/elsewhere"}))
        with serving(moved) as (url, _), client(url) as jira, pytest.raises(JiraNotThere) as refused:
            jira.ask(posted)
        assert str(refused.value) == f"{url} redirects a question to {url}/elsewhere: give Jira's base URL as the site."


class TestWhereItConnects:
    def test_a_name_that_resolves_to_a_private_address_is_refused_before_anything_is_sent(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("169.254.169.254", 443))])
        with client("https://jira.acme.example") as jira, pytest.raises(JiraNotThere, match=r"leads to 169\.254\.169\.254"):
            jira.sign_in()

    def test_a_name_that_changes_its_address_is_refused_where_the_connection_ends(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(lambda _r: json(MYSELF)) as (url, seen):
            port = int(url.rpartition(":")[2])
            answers = [[(2, 1, 6, "", ("8.8.8.8", port))], [(2, 1, 6, "", ("127.0.0.1", port))]]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answers.pop(0))
            monkeypatch.setattr(socket.socket, "getpeername", lambda _self: ("10.0.0.7", port))
            site = f"http://jira.acme.example:{port}"
            refused = pytest.raises(JiraNotThere, match=r"leads to the private address 10\.0\.0\.7")
            with client(site, allowed_http_sites=("jira.acme.example",)) as jira, refused:
                jira.sign_in()
        assert (answers, seen) == ([], [])

    def test_plain_http_to_elsewhere_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(2, 1, 6, "", ("8.8.8.8", 80))])
        with client("http://jira.acme.example") as jira, pytest.raises(JiraNotThere, match="is plain http"):
            jira.sign_in()

    def test_a_host_that_does_not_exist_is_told_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_args: object, **_kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        with client("acme.atlassian.invalid") as jira, pytest.raises(JiraNotThere) as told:
            jira.sign_in()
        assert str(told.value) == (
            "There is no host named `acme.atlassian.invalid`: check the address https://acme.atlassian.invalid."
        )

    def test_a_name_service_without_an_answer_is_a_bad_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def silent(*_args: object, **_kwargs: object) -> None:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr(socket, "getaddrinfo", silent)
        with client("acme.atlassian.invalid", most_tries=2) as jira, pytest.raises(JiraUnavailable) as told:
            jira.sign_in()
        assert str(told.value) == (
            "No answer from https://acme.atlassian.invalid to GET /rest/api/3/myself: the name does not resolve."
        )

    def test_a_refused_connection_is_a_bad_moment(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with client(f"http://127.0.0.1:{port}", most_tries=2) as jira, pytest.raises(JiraUnavailable) as told:
            jira.sign_in()
        assert (
            str(told.value) == f"No answer from http://127.0.0.1:{port} to GET /rest/api/3/myself: the connection was refused."
        )

    def test_a_proxy_of_the_environment_is_used_and_not_taken_for_the_site(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with serving(lambda _r: json(MYSELF)) as (proxy, seen):
            monkeypatch.setenv("http_proxy", proxy)
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            site = "http://jira.acme.invalid"
            with client(site, allowed_http_sites=("jira.acme.invalid",)) as jira:
                assert jira.sign_in().name == "Ada"
        assert [request.path for request in seen] == ["http://jira.acme.invalid/rest/api/3/myself"]


class TestSizeAndTime:
    def test_gzip_is_unpacked(self) -> None:
        packed = Given(200, gzip.compress(b"[1,2]"), {"Content-Encoding": "gzip", "X-AAccountId": "account-1"})
        with serving(signed_in(lambda _r: packed)) as (url, _), client(url) as jira:
            assert jira.ask(ANYTHING) == [1, 2]

    @pytest.mark.parametrize("packed", [True, False])
    def test_what_is_not_packed_is_read_in_pieces_as_large_as_it_says(
        self, monkeypatch: pytest.MonkeyPatch, packed: bool
    ) -> None:
        body = msgspec.json.encode(["x" * 12_000_000])
        headers = {"X-AAccountId": "account-1"} | ({"Content-Encoding": "gzip"} if packed else {})
        given = Given(200, gzip.compress(body, 1) if packed else body, headers)
        sizes: list[int] = []
        read = urllib3.HTTPResponse.read

        def noting(response: urllib3.HTTPResponse, amt: int, decode_content: bool) -> bytes:
            sizes.append(amt)
            return read(response, amt, decode_content=decode_content)

        with serving(signed_in(lambda _r: given)) as (url, _), client(url) as jira:
            jira.sign_in()
            monkeypatch.setattr(urllib3.HTTPResponse, "read", noting)
            assert jira.ask(ANYTHING) == ["x" * 12_000_000]
        # The last one finds the end.
        assert sizes == (13 * [1 << 20] if packed else [8 << 20, len(body) - (8 << 20), 1 << 20])

    @pytest.mark.parametrize("packed", [True, False])
    def test_a_larger_answer_than_allowed_is_not_taken_and_not_asked_for_again(self, packed: bool) -> None:
        body = b"[" + b" " * 50_000_000 + b"]"
        given = Given(200, gzip.compress(body, 1), {"Content-Encoding": "gzip"}) if packed else Given(200, body)
        small = {"answer_bytes": 1_000_000}
        with (
            serving(signed_in(lambda _r: given)) as (url, seen),
            client(url, **small) as jira,
            pytest.raises(AnswerTooLarge) as told,
        ):
            jira.ask(ANYTHING)
        assert (
            str(told.value) == f"The answer of {url}/rest/api/3/field is larger than 1,000,000 bytes, the most that is taken."
        )
        assert len(seen) == 2

    def test_an_answer_that_never_ends_is_given_up(self) -> None:
        body = gzip.compress(b"[" + b" " * 30_000_000 + b"]", 1)
        given = Given(200, body, {"Content-Encoding": "gzip"})
        hasty = {"answer_seconds": 0.0, "most_tries": 1}
        with (
            serving(signed_in(lambda _r: given)) as (url, _),
            client(url, **hasty) as jira,
            pytest.raises(JiraUnavailable) as told,
        ):
            jira.ask(ANYTHING)
        assert str(told.value) == f"{url}/rest/api/3/myself was still answering after 0 s."

    def test_silence_ends_at_the_timeout(self) -> None:
        def answer(_request: Seen) -> Given:
            time.sleep(0.5)
            return json(MYSELF)

        hasty = {"read_seconds": 0.1, "most_tries": 1}
        with serving(answer) as (url, _), client(url, **hasty) as jira, pytest.raises(JiraUnavailable) as told:
            jira.sign_in()
        assert str(told.value) == f"No answer from {url} to GET /rest/api/3/myself: no answer in time."

    def test_closing_breaks_off_what_is_awaited(self) -> None:
        asked = threading.Event()
        released = threading.Event()

        def answer(_request: Seen) -> Given:
            asked.set()
            released.wait(10)
            return json(MYSELF)

        ended: list[type[BaseException]] = []

        def ask(jira: JiraClient) -> None:
            try:
                jira.sign_in()
            except (Cancelled, JiraStagingError) as error:
                ended.append(type(error))

        with serving(answer) as (url, _):
            jira = client(url)
            waiting = threading.Thread(target=ask, args=(jira,))
            waiting.start()
            asked.wait(5)
            jira.close()
            waiting.join(2)
            released.set()
        assert ended == [Cancelled]


class TestTls:
    """A Jira with a certificate of the company's own."""

    @pytest.fixture
    def jira(self) -> Iterator[tuple[str, str]]:
        authority = trustme.CA()
        certificate = authority.issue_cert("localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        with serving(lambda _r: json(MYSELF), tls=context) as (url, _), authority.cert_pem.tempfile() as bundle:
            yield url.replace("http://127.0.0.1", "https://localhost"), bundle

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, jira: tuple[str, str]) -> None:
        url, _ = jira
        with client(url) as door, pytest.raises(JiraNotThere) as refused:
            door.sign_in()
        assert str(refused.value).startswith(f"The certificate of {url} is not trusted here (")
        assert str(refused.value).endswith(
            "If your company signs its own, name its CA bundle in REQUESTS_CA_BUNDLE, or in the deployment's "
            "connection options."
        )

    def test_a_bundle_named_in_the_options_is_trusted(self, jira: tuple[str, str]) -> None:
        url, bundle = jira
        with client(url, verify=bundle) as door:
            assert door.sign_in().name == "Ada"

    def test_a_bundle_named_in_the_environment_is_trusted(self, jira: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        url, bundle = jira
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        with client(url) as door:
            assert door.sign_in().name == "Ada"

    @pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
    def test_checking_no_certificate_is_said_loudly(self, jira: tuple[str, str], caplog: pytest.LogCaptureFixture) -> None:
        url, _ = jira
        with client(url, verify=False) as door:
            assert door.sign_in().name == "Ada"
        assert f"Certificates are NOT checked: whoever is between here and {url} can read the token." in caplog.text


class TestInACompany:
    """A certificate authority of its own, a site that demands a client certificate, and a proxy in between."""

    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def demanding(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    @pytest.fixture
    def site(self, authority: trustme.CA, demanding: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        with serving(lambda _r: json(MYSELF), tls=demanding) as (url, _), authority.cert_pem.tempfile() as bundle:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
            yield url.replace("http://127.0.0.1", "https://localhost")

    @pytest.fixture
    def certificate(self, authority: trustme.CA) -> Iterator[str]:
        with authority.issue_cert("etl@acme.example").private_key_and_cert_chain_pem.tempfile() as path:
            yield path

    def test_a_client_certificate_is_shown(self, site: str, certificate: str) -> None:
        with client(site, client_certificate=certificate) as jira:
            assert jira.sign_in().name == "Ada"

    def test_all_of_it_works_through_a_proxy(self, site: str, certificate: str, monkeypatch: pytest.MonkeyPatch) -> None:
        with forwarding() as (proxy, asked):
            monkeypatch.setenv("https_proxy", proxy)
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            with client(site, client_certificate=certificate) as jira:
                assert jira.sign_in().name == "Ada"
        assert asked == [site.removeprefix("https://")]

    def test_without_one_or_with_a_strangers_the_message_says_what_is_missing(
        self, site: str, demanding: ssl.SSLContext
    ) -> None:
        # With TLS 1.3 the refusal follows the handshake, and may be lost with the connection.
        demanding.maximum_version = ssl.TLSVersion.TLSv1_2
        with trustme.CA().issue_cert("eve@acme.example").private_key_and_cert_chain_pem.tempfile() as strangers:
            for shown in ("", strangers):
                with client(site, client_certificate=shown) as jira, pytest.raises(JiraNotThere) as refused:
                    jira.sign_in()
                assert str(refused.value) == (
                    f"{site} broke off the TLS handshake, most likely because it demands a client certificate that it knows: "
                    "have the deployment name its PEM file in `client_certificate`."
                )

    def test_a_file_that_is_not_there_is_told_before_anything_is_sent(self, site: str) -> None:
        with client(site, client_certificate="/nowhere/client") as jira, pytest.raises(WrongUse, match="/nowhere/client"):
            jira.sign_in()


def test_options_have_a_default_each() -> None:
    assert ConnectionOptions().most_at_once == 16
    assert JiraClient("acme.atlassian.net", Vault()).site == "https://acme.atlassian.net"
