"""What administrators read: permissions, the audit log, contexts and options of fields."""

from typing import Any

from simulated_jira.clock import parse_timestamp
from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.field_list import Field
from simulated_jira.field_values import DISABLED_OPTION, OPTION_NAMES, option_id
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.workflow import API

PERMISSIONS = (
    "BROWSE_PROJECTS",
    "ADMINISTER",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "VIEW_VOTERS_AND_WATCHERS",
    "SYSTEM_ADMIN",
)
ADMIN = "manage:jira-configuration"
OPTION_KINDS = ("select", "radio", "multi_select", "cascading", "epic_status")


def administrator(service: Service, request: Request) -> None:
    """Refused unless the account administers the site."""
    user = request.sign_in.user
    if user is None or "jira-administrators" not in user.groups:
        raise Refused(errors(403, "Only Jira administrators are allowed to do this."))


@ROUTES.get("/rest/api/3/mypermissions", anonymous=True)
def my_permissions(service: Service, request: Request) -> Answer:
    wanted = request.words("permissions")
    if not wanted:
        raise Refused(errors(400, "The 'permissions' query parameter is required."))
    unknown = [key for key in wanted if key not in PERMISSIONS]
    if unknown:
        raise Refused(errors(400, fields=dict.fromkeys(unknown, "Unrecognized permission")))
    user = request.sign_in.user
    admin = user is not None and "jira-administrators" in user.groups
    rows = {}
    for key in wanted:
        allowed = user is not None and (admin or key not in ("ADMINISTER", "SYSTEM_ADMIN"))
        kind = "GLOBAL" if key in ("ADMINISTER", "SYSTEM_ADMIN") else "PROJECT"
        name = key.replace("_", " ").capitalize()
        rows[key] = {
            "id": str(10 + PERMISSIONS.index(key)),
            "key": key,
            "name": name,
            "type": kind,
            "description": "",
            "havePermission": allowed,
        }
    return answer({"permissions": rows})


def reader_of_the_log(service: Service, request: Request) -> None:
    """Refused where there is no audit log, and unless the account administers the site."""
    if not service.site.settings.audit_log:
        raise Refused(errors(403, "The audit log is not available on this plan."))
    administrator(service, request)


@ROUTES.get("/rest/api/3/auditing/record", scope=ADMIN)
def audit_records(service: Service, request: Request) -> Answer:
    """Newest first; 403 on a Free site and for everybody but administrators."""
    reader_of_the_log(service, request)
    start, size = max(0, request.number("offset", 0)), min(1000, max(1, request.number("limit", 1000)))
    rows = service.site.audit
    times = {name: parse_timestamp(request.text(name).replace(" ", "+")) for name in ("from", "to") if request.text(name)}
    first, last = times.get("from", 0), times.get("to", 1 << 62)
    rows = [row for row in rows if first <= parse_timestamp(row["created"]) <= last]
    if request.text("filter"):
        rows = [row for row in rows if all(_mentions(row, word) for word in request.text("filter").lower().split())]
    return answer({"offset": start, "limit": size, "total": len(rows), "records": rows[start : start + size]})


def _mentions(row: dict[str, Any], word: str) -> bool:
    named = row.get("objectItem", {})
    texts = (row["summary"], row["category"], row["eventSource"], *(named.get(name, "") for name in ("name", "typeName")))
    return any(word in text.lower() for text in texts)


def _custom_field(service: Service, request: Request) -> Field:
    field = service.site.field(request.parts["field"])
    if field is None or not field.is_custom:
        raise Refused(errors(404, "The custom field was not found."))
    return field


def context_id(field: Field) -> str:
    return str(20_000 + int(field.id.removeprefix("customfield_")))


@ROUTES.get("/rest/api/3/field/{field}/context", scope=ADMIN)
def contexts(service: Service, request: Request) -> Answer:
    field = _custom_field(service, request)
    row = {
        "id": context_id(field),
        "name": f"Default context of {field.name}",
        "description": "",
        "isGlobalContext": True,
    }
    return answer(listing(request, [row | {"isAnyIssueType": True}]))


def options_of(field: Field) -> list[dict[str, Any]]:
    """Options as a context lists them; those of a cascading field carry their parent's id."""
    if field.kind not in OPTION_KINDS:
        return []
    rows: list[dict[str, Any]] = [
        {"id": option_id(field, n), "value": name, "disabled": n == DISABLED_OPTION} for n, name in enumerate(OPTION_NAMES)
    ]
    if field.kind == "cascading":
        parent = option_id(field, 0)
        rows += [
            {
                "id": option_id(field, 100 + n),
                "value": OPTION_NAMES[(100 + n) % 100],
                "optionId": parent,
                "disabled": False,
            }
            for n in range(3)
        ]
    return rows


@ROUTES.get("/rest/api/3/field/{field}/context/{context}/option", scope=ADMIN)
def options(service: Service, request: Request) -> Answer:
    field = _custom_field(service, request)
    if field.kind not in OPTION_KINDS:
        raise Refused(errors(400, "The custom field does not support options."))
    return answer(listing(request, options_of(field), default=100, most=100))


@ROUTES.get("/rest/api/3/customFieldOption/{option}", anonymous=True)
def one_option(service: Service, request: Request) -> Answer:
    wanted = request.parts["option"]
    for field in service.site.fields:
        for row in options_of(field) if field.is_custom else ():
            if row["id"] == wanted:
                return answer({"self": f"{API}/customFieldOption/{wanted}", "value": row["value"]})
    return errors(404, "The custom field option does not exist.")
