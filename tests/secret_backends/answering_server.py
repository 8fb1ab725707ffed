"""An HTTP server that gives the answers it was told to give, for refusals that no emulator knows."""

import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class AnsweringServer:
    """Answers every request with `status` and `body`, and remembers what it was asked.

    Before that it gives each of `first` (status and body) once; every answer takes `seconds`.
    """

    def __init__(self) -> None:
        self.status = 200
        self.body = b"{}"
        self.first: list[tuple[int, bytes]] = []
        self.seconds = 0.0
        self.headers: Mapping[str, str] = {}
        self.asked: list[tuple[str, str]] = []
        answering = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answering.asked.append((self.command, self.path))
                status, body = answering.first.pop(0) if answering.first else (answering.status, answering.body)
                time.sleep(answering.seconds)
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **answering.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the name that http.server calls

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives
                """Nothing: the tests look at `asked`."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "AnsweringServer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
