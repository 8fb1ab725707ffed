"""What the API answers when something is wrong: one JSON shape (RFC 7807), which never repeats what was sent."""

import html
import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jira_staging.errors import (
    JiraStagingError,
    SecretBackendUnavailable,
    SecretDefinitionExists,
    SecretDefinitionNotFound,
    SecretMalformed,
    StagingRefused,
    StagingUnavailable,
    WrongUse,
)
from jira_staging.secret_definitions.entries import PLAIN_WORD

log = logging.getLogger(__name__)

# A definition is a few hundred characters, a list of names to copy some thousand, a token at most what a vault keeps.
LARGEST_BODY = 64 * 1024

# First match first.
STATUS: tuple[tuple[type[JiraStagingError], int], ...] = (
    (SecretDefinitionExists, 409),
    (SecretDefinitionNotFound, 404),
    (WrongUse, 400),
    (SecretMalformed, 400),
    (SecretBackendUnavailable, 503),
    (StagingRefused, 409),
    (StagingUnavailable, 503),
)
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class BoundedBody:
    """Takes no request whose body is larger than the limit, announced or not."""

    def __init__(self, app: ASGIApp, limit: int = LARGEST_BODY) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413, f"The body is larger than {self.limit} bytes.")
            return message

        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self.limit:
            answer = problem(Request(scope), 413, f"The body is larger than {self.limit} bytes.")
            await answer(scope, receive, send)
            return
        await self.app(scope, counted, send)


def answer_problems(app: FastAPI) -> None:
    """Give every error of this app the one shape."""

    @app.exception_handler(JiraStagingError)
    def ours(request: Request, error: JiraStagingError) -> JSONResponse:
        status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
        return problem(request, status, str(error))

    @app.exception_handler(StarletteHTTPException)
    def refused(request: Request, error: StarletteHTTPException) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_for_people(error), error.status_code, dict(error.headers or {}))
        return problem(request, error.status_code, str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        violations = [{"field": _field(each["loc"]), "message": str(each["msg"])} for each in error.errors()]
        return problem(request, 400, "The request does not have the form that is needed.", violations=violations)

    @app.exception_handler(Exception)
    def defect(request: Request, error: Exception) -> JSONResponse:
        # Its words and its traceback may hold what was sent, or a row.
        log.error("A defect of jira_staging.web: %s at %s %s.", type(error).__name__, request.method, request.url.path)
        return problem(request, 500, "This is a defect of the server; its log says where.")


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    violations: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An answer that says what is wrong."""
    body: dict[str, Any] = {
        "detail": detail,
        "instance": request.url.path,
        "status": status,
        "title": TITLES.get(status, "Error"),
        "type": "about:blank",
        "violations": list(violations),
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _for_people(error: StarletteHTTPException) -> str:
    """What a browser shows in the page's place: why not, and what to do. Light or dark as the system is."""
    advice = {401: "Sign in to Airflow, then load this page again.", 403: "Ask an administrator of this Airflow for it."}
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        '<meta name="viewport" content="width=device-width"><title>Jira staging</title><h1>Jira staging</h1>'
        f"<p>{html.escape(str(error.detail))} {advice.get(error.status_code, '')}</p></html>"
    )


def _field(place: Sequence[object]) -> str:
    """Which part of the request is meant; what is no plain word may be a pasted token, and is not repeated."""
    return ".".join(part if isinstance(part, str) and PLAIN_WORD.fullmatch(part) else "?" for part in place)
