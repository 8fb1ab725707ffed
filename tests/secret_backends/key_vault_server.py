"""A small Azure Key Vault: TLS, the bearer challenge, secrets with versions and attributes, deleted ones, and refusals."""

import json
import ssl
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import trustme

HOST = "acme.vault.azure.net"


@dataclass
class StoredSecret:
    """One secret; `attributes` as Key Vault has them (`enabled`, `nbf`, `exp`: seconds since 1970)."""

    value: str | None
    attributes: dict[str, object] = field(default_factory=lambda: {"enabled": True})
    version: str = "0123456789abcdef0123456789abcdef"


class _QuietServer(ThreadingHTTPServer):
    """Says nothing about a client that breaks off the handshake, as one does that does not trust our certificate."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ssl.SSLError | ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class KeyVaultServer:
    """Serves `secrets` and `deleted`; `refusal` (status, code, inner code, message) answers everything instead."""

    def __init__(self, folder: Path) -> None:
        self.secrets: dict[str, StoredSecret] = {}
        self.deleted: dict[str, int] = {}
        self.refusal: tuple[int, str, str | None, str] | None = None
        self.raw: bytes | None = None
        self.challenge_resource: str | None = None
        self.asked: list[tuple[str, str | None]] = []
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        authority = trustme.CA()
        self.certificates = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificates))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        """The vault's URL: its host is Azure's, its port this machine's."""
        return f"https://{HOST}:{self._server.server_port}"

    def __enter__(self) -> "KeyVaultServer":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, authorization: str | None) -> tuple[int, dict[str, object]]:
        if authorization is None:
            return 401, {"error": {"code": "Unauthorized", "message": "AKV10000: Request is missing a Bearer token."}}
        if self.refusal:
            status, code, inner, message = self.refusal
            return status, {"error": {"code": code, "message": message, "innererror": {"code": inner} if inner else None}}
        _, collection, name, *version = [*path.rstrip("/").split("/"), ""][:4]
        if collection == "deletedsecrets" and name in self.deleted:
            return 200, self._described(name, None) | {
                "scheduledPurgeDate": self.deleted[name],
                "recoveryId": f"{self.url}{path}",
            }
        secret = self.secrets.get(name)
        if collection == "secrets" and secret and version[0] in ("", secret.version):
            return 200, self._described(name, secret) | {"value": secret.value}
        return 404, {
            "error": {"code": "SecretNotFound", "message": f"A secret with (name/id) {name} was not found in this key vault."}
        }

    def _described(self, name: str, secret: StoredSecret | None) -> dict[str, object]:
        attributes = secret.attributes if secret else {"enabled": True}
        return {"id": f"{self.url}/secrets/{name}/{secret.version if secret else '0'}", "attributes": attributes}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vault = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, authorization = urlsplit(self.path).path, self.headers.get("Authorization")
                vault.asked.append((path, authorization))
                status, answer = vault._answer(path, authorization)
                body = json.dumps(answer).encode() if vault.raw is None or authorization is None else vault.raw
                self.send_response(status)
                if authorization is None:
                    resource = vault.challenge_resource or f"https://vault.azure.net:{vault._server.server_port}"
                    self.send_header(
                        "WWW-Authenticate",
                        f'Bearer authorization="https://login.microsoftonline.com/invented-tenant", resource="{resource}"',
                    )
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives
                """Nothing: the tests look at `asked`."""

        return Handler
