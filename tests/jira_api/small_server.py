"""A few lines of HTTP server for answers that no Jira gives: a function is the server."""

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

JSON = {"Content-Type": "application/json"}
ACCOUNT = "account-1"
MYSELF = {"accountId": ACCOUNT, "displayName": "Ada", "timeZone": "Europe/Berlin"}


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Given:
    """An answer; `length` announces another number of bytes than come, `dateless` leaves the `Date` out."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    length: int | None = None
    dateless: bool = False


def json(value: Any, status: int = 200, **headers: str) -> Given:
    """A JSON answer to the signed-in account; a header whose value is empty is left out."""
    named = {"X-AAccountId": ACCOUNT} | {name.replace("_", "-"): text for name, text in headers.items()}
    return Given(status, msgspec.json.encode(value), JSON | {name: text for name, text in named.items() if text})


@contextmanager
def serving(answer: Callable[[Seen], Given], *, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[Seen]]]:
    """The URL of a server that answers by `answer`, and what it has seen so far."""
    seen: list[Seen] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = Seen(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            seen.append(request)
            given = answer(request)
            self.send_response_only(given.status)
            if not given.dateless and "Date" not in given.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body) if given.length is None else given.length))
            self.end_headers()
            # A client that has seen enough hangs up.
            with contextlib.suppress(ConnectionError):
                self.wfile.write(given.body)
            if given.length is not None:
                self.close_connection = True

        do_GET = do_POST = _respond  # noqa: N815 - http.server asks for these names

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


def signed_in(answer: Callable[[Seen], Given]) -> Callable[[Seen], Given]:
    """`answer`, with `/myself` answered as to a good token."""
    return lambda request: json(MYSELF) if request.path.endswith("/myself") else answer(request)


@contextmanager
def forwarding() -> Iterator[tuple[str, list[str]]]:
    """The URL of a forward proxy that tunnels (CONNECT), and where it was asked to lead."""
    asked: list[str] = []

    class Tunnel(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            target = self.rfile.readline().split()[1].decode()
            while self.rfile.readline().strip():
                pass
            asked.append(target)
            host, _, port = target.rpartition(":")
            with socket.create_connection((host, int(port))) as far, contextlib.suppress(OSError):
                self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=(far, self.connection), daemon=True)
                back.start()
                _pass_on(self.connection, far)
                back.join(5)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    """What comes from the one goes to the other, until it ends."""
    with contextlib.suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
