"""`/_simulated/...`: the simulation's own door, for clients in another process. Nothing of it is Jira's."""

import dataclasses
import inspect
from typing import Any

from simulated_jira.exchange import Answer, Request, answer
from simulated_jira.faults import KINDS
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.settings import CLOUD_ID


def _body(request: Request) -> dict[str, Any]:
    body = request.json() if request.body else {}
    return body if isinstance(body, dict) else {}


def _wrong(message: str) -> Answer:
    return answer({"error": message}, 400)


@ROUTES.get("/_simulated/site")
def site(service: Service, request: Request) -> Answer:
    """What there is: counts, the clock, the main account and its tokens."""
    here = service.site
    tokens = [dataclasses.asdict(dataclasses.replace(token, user=None)) for token in service.tokens.of(here.people[0])]  # type: ignore[arg-type]
    return answer(
        {"issues": len(here.issues), "projects": [project.key for project in here.projects], "now_ms": here.clock.now_ms(),
         "version": here.version, "cloud_id": CLOUD_ID, "email": here.people[0].email, "tokens": tokens,
         "acts": _acts(service), "settings": dataclasses.asdict(here.settings)}
    )  # fmt: skip


def _acts(service: Service) -> list[str]:
    hidden = {
        "issue",
        "project",
        "person",
        "touch",
        "write",
        "add_history",
        "statuses",
        "projects",
        "site_rng",
        "record",
        "transitions",
    }
    acts = inspect.getmembers(service.change, predicate=inspect.ismethod)
    return [name for name, _ in acts if not name.startswith("_") and name not in hidden]


@ROUTES.post("/_simulated/change/{act}")
def change(service: Service, request: Request) -> Answer:
    """One act of `Changes`, with its arguments by name. Raw bytes (`put_raw`) come as text."""
    act, arguments = request.parts["act"], _body(request)
    if act not in _acts(service):
        return _wrong(f"no act {act}; there are {', '.join(_acts(service))}")
    if act == "put_raw":
        arguments["raw"] = str(arguments.get("raw", "")).encode("utf-8", "surrogatepass")
    try:
        return answer({"result": getattr(service.change, act)(**arguments)})
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        return _wrong(f"{type(error).__name__}: {error}")


@ROUTES.get("/_simulated/faults")
def list_faults(service: Service, request: Request) -> Answer:
    return answer({"faults": [dataclasses.asdict(fault) for fault in service.faults], "kinds": KINDS})


@ROUTES.post("/_simulated/faults")
def add_fault(service: Service, request: Request) -> Answer:
    """The arguments of `Faults.add`."""
    try:
        return answer(dataclasses.asdict(service.faults.add(**_body(request))))
    except (TypeError, ValueError) as error:
        return _wrong(str(error))


@ROUTES.add("DELETE", "/_simulated/faults")
def clear_faults(service: Service, request: Request) -> Answer:
    service.faults.clear()
    return answer({"faults": []})


@ROUTES.get("/_simulated/requests")
def requests(service: Service, request: Request) -> Answer:
    """Counts; with `rows=true` every request."""
    log = service.requests
    return answer(log.summary() | ({"rows": log.rows()} if request.flag("rows") else {}))


@ROUTES.add("DELETE", "/_simulated/requests")
def clear_requests(service: Service, request: Request) -> Answer:
    service.requests.clear()
    return answer(service.requests.summary())


@ROUTES.post("/_simulated/clock")
def clock(service: Service, request: Request) -> Answer:
    """One of `advance` (seconds), `set` (milliseconds), `freeze` (milliseconds or null), `unfreeze`."""
    clock, body = service.site.clock, _body(request)
    if "advance" in body:
        clock.advance(float(body["advance"]))
    if "set" in body:
        clock.set(int(body["set"]))
    if "freeze" in body:
        clock.freeze(body["freeze"])
    if "unfreeze" in body:
        clock.unfreeze()
    return answer({"now_ms": clock.now_ms()})


@ROUTES.post("/_simulated/tokens")
def tokens(service: Service, request: Request) -> Answer:
    """`act`: add (`kind`, `scopes`, `expires_ms`, `requests`, `value`), rotate, revoke (`value`), add_client."""
    body, kept = _body(request), service.tokens
    user, act = service.site.people[0], body.pop("act", "add")
    if "account_id" in body:
        user = service.change.person(body.pop("account_id"))
    scopes = frozenset(body.pop("scopes")) if body.get("scopes") is not None else None
    if act == "add_client":
        client = kept.add_client(user, scopes)
        return answer({"client_id": client.client_id, "client_secret": client.secret})
    if act == "add":
        return answer({"token": kept.add(user, **body, scopes=scopes).value})
    token = kept.known(str(body.get("value", "")))
    if token is None:
        return _wrong("no such token")
    if act == "rotate":
        return answer({"token": kept.rotate(token).value})
    kept.revoke(token)
    return answer({"revoked": True})


@ROUTES.post("/_simulated/settings")
def settings(service: Service, request: Request) -> Answer:
    """Settings that may change while the site runs: latency, gzip, what is embedded, page sizes, the audit log."""
    try:
        service.site.settings = dataclasses.replace(service.site.settings, **_body(request))
    except TypeError as error:
        return _wrong(str(error))
    service.rate_limits.enforce = service.site.settings.enforce_rate_limits
    return answer(dataclasses.asdict(service.site.settings))


@ROUTES.post("/_simulated/rate_limits")
def rate_limits(service: Service, request: Request) -> Answer:
    """`per_second`, `burst` and optionally `route`, a regular expression; enforced from now on."""
    service.rate_limits.set(**_body(request))
    return answer({"enforced": True})
