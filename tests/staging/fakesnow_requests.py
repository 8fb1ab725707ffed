"""fakesnow's server, taught requests of several statements as the connector sends them: by itself it takes one a request."""

import gzip
import importlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import fakesnow
import sqlglot
import uvicorn
from sqlglot.tokens import TokenType
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

QUERY = "/queries/v1/query-request"
REFUSED = {"data": {"errorCode": "001003"}, "code": "001003", "message": "fakesnow failed", "success": False}
RESULT = "/queries/{name}/result"


def server_module() -> Any:
    """fakesnow.server, the module; once it is loaded, it hides the function of its name, which other tests call."""
    function = fakesnow.server
    module = importlib.import_module("fakesnow.server")
    fakesnow.server = function
    return module


@contextmanager
def served() -> Iterator[dict[str, Any]]:
    """The server, in a thread; gives what the connector needs to reach it."""
    module = server_module()
    _take_several_statements(module)
    server = uvicorn.Server(uvicorn.Config(module.app, host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, name="fakesnow", daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield {
            "user": "fake",
            "password": "snow",
            "account": "fakesnow",
            "host": "127.0.0.1",
            "port": server.servers[0].sockets[0].getsockname()[1],
            "protocol": "http",
            "network_timeout": 60,
            "session_parameters": {"CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED": False},
        }
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def _take_several_statements(module: Any) -> None:
    """Answer such a request with the names of its results, which are then asked for one by one."""
    routes, results = module.app.router.routes, dict[str, bytes]()
    if any(getattr(route, "path", "") == RESULT for route in routes):
        return

    async def answer_to(request: Request) -> Response:
        answer: Response = await module.query_request(request)
        # What fakesnow cannot do it answers like a server that is out of order, which the connector would ask again for long.
        return answer if answer.status_code == 200 else JSONResponse(REFUSED)

    async def query_request(request: Request) -> Response:
        body = await request.body()
        asked = json.loads(gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body)
        if asked.get("parameters", {}).get("MULTI_STATEMENT_COUNT", 1) == 1:
            return await answer_to(request)
        names = []
        for statement in _split(asked["sqlText"]):
            answer = await answer_to(_request_of(request, asked | {"sqlText": statement}))
            if not json.loads(answer.body)["success"]:
                return answer
            names.append(str(uuid4()))
            results[names[-1]] = bytes(answer.body)
        assert len(names) == asked["parameters"]["MULTI_STATEMENT_COUNT"]
        return JSONResponse({"data": {"queryId": str(uuid4()), "resultIds": ",".join(names)}, "success": True})

    async def result(request: Request) -> Response:
        return Response(results[request.path_params["name"]], media_type="application/json")

    routes.insert(0, Route(QUERY, query_request, methods=["POST"]))
    routes.insert(0, Route(RESULT, result, methods=["GET"]))


def _split(text: str) -> Iterator[str]:
    """The statements between semicolons, but not those within quotes."""
    start = 0
    for token in sqlglot.tokenize(text, read="snowflake"):
        if token.token_type is TokenType.SEMICOLON:
            yield text[start : token.start]
            start = token.end + 1
    yield text[start:]


def _request_of(request: Request, asked: dict[str, Any]) -> Request:
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-encoding"]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(asked).encode(), "more_body": False}

    return Request({**request.scope, "headers": headers}, receive)
