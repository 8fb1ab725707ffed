"""A Data Center's schemes, screens, dashboards, options of fields and audit log: what Cloud shows, in other shapes."""

from typing import Any

from simulated_jira.clock import parse_timestamp
from simulated_jira.data_center import username
from simulated_jira.exchange import Answer, Refused, Request, answer, errors
from simulated_jira.routes import filters, schemes
from simulated_jira.routes import screens_and_rights as rights
from simulated_jira.routes.administration import OPTION_KINDS, administrator, options_of, reader_of_the_log
from simulated_jira.routes.project_family import readable_project
from simulated_jira.routing import DATA_CENTER
from simulated_jira.service import Service
from simulated_jira.settings import SITE_URL
from simulated_jira.workflow import API, SECURITY_LEVEL


def _missing(what: str) -> Refused:
    return Refused(errors(404, f"The {what} does not exist."))


@DATA_CENTER.get("/rest/api/3/issuesecurityschemes/{scheme}")
def security_scheme(service: Service, request: Request) -> Answer:
    administrator(service, request)
    if request.parts["scheme"] != str(rights.SECURITY_SCHEME):
        raise _missing("security scheme")
    return answer(_security_scheme())


def _security_scheme() -> dict[str, Any]:
    return rights.security_scheme() | {"defaultSecurityLevelId": int(SECURITY_LEVEL["id"]), "levels": [SECURITY_LEVEL]}


@DATA_CENTER.get("/rest/api/3/project/{project}/issuesecuritylevelscheme")
def security_scheme_of_project(service: Service, request: Request) -> Answer:
    return _of_classic(service, request, "security scheme", _security_scheme())


@DATA_CENTER.get("/rest/api/3/project/{project}/notificationscheme")
def notification_scheme_of_project(service: Service, request: Request) -> Answer:
    scheme = {"id": filters.NOTIFICATION_SCHEME, "name": "Default Notification Scheme"}
    return _of_classic(service, request, "notification scheme", scheme)


def _of_classic(service: Service, request: Request, what: str, scheme: dict[str, Any]) -> Answer:
    """The scheme of the path's project; those that are team-managed on Cloud have none."""
    project = readable_project(service, request)
    administrator(service, request)
    if project not in schemes.classic_projects(service):
        raise _missing(what)
    return answer(scheme)


@DATA_CENTER.get("/rest/api/3/project/{project}/workflowscheme")
def workflow_scheme_of_project(service: Service, request: Request) -> Answer:
    """The site's default scheme has no id."""
    project = readable_project(service, request)
    administrator(service, request)
    if project not in schemes.classic_projects(service) or schemes.has_default_workflow(project):
        return answer({"name": "Default Workflow Scheme", "description": "", "defaultWorkflow": "jira"})
    return answer(schemes.workflow_scheme(service) | {"draft": False})


@DATA_CENTER.get("/rest/api/3/workflow")
def workflows(service: Service, request: Request) -> Answer:
    """By their names; when they were changed is told in words."""
    administrator(service, request)
    rows = [(name, statuses) for _, name, project_id, statuses in schemes.workflow_rows(service) if project_id is None]
    return answer(
        [{"name": name, "description": "", "steps": len(statuses), "lastModifiedDate": "Yesterday", "default": False}
         for name, statuses in rows]
    )  # fmt: skip


@DATA_CENTER.get("/rest/api/3/issuetypescheme")
def issue_type_schemes(service: Service, request: Request) -> Answer:
    """Their issue types come where they are asked for."""
    administrator(service, request)
    expand = request.words("expand")
    kinds = {kind.id: {"id": kind.id, "name": kind.name} for kind in service.site.issue_types}
    items = schemes.issue_type_scheme_items(service)
    rows = []
    for row in schemes.issue_type_scheme_rows(service):
        own = [kinds[item["issueTypeId"]] for item in items if item["issueTypeSchemeId"] == row["id"]]
        told = {name: row[name] for name in ("id", "name", "description")}
        told |= {"issueTypes": own} if "schemes.issueTypes" in expand else {}
        rows.append(told | ({"defaultIssueType": own[0]} if "schemes.defaultIssueType" in expand else {}))
    return answer({"schemes": rows})


@DATA_CENTER.get("/rest/api/3/issuetypescheme/{scheme}/associations")
def projects_of_issue_type_scheme(service: Service, request: Request) -> Answer:
    administrator(service, request)
    ids = [id_ for id_, _ in schemes.ISSUE_TYPE_SCHEMES]
    if request.parts["scheme"] not in ids:
        raise _missing("issue type scheme")
    place = ids.index(request.parts["scheme"])
    found = [project for project in schemes.classic_projects(service) if int(project.id) % len(ids) == place]
    return answer([project.payload() for project in found])


@DATA_CENTER.get("/rest/api/3/priorityschemes")
def priority_schemes(service: Service, request: Request) -> Answer:
    administrator(service, request)
    start, size = request.number("startAt", 0), request.number("maxResults", 100)
    rows: list[dict[str, Any]] = []
    for place, (id_, name) in enumerate(schemes.PRIORITY_SCHEMES):
        priorities = service.site.priorities[: 2 if place else None]
        told = {"id": int(id_), "name": name, "description": "", "defaultScheme": place == 0, "defaultOptionId": "3"}
        told |= {"optionIds": [row["id"] for row in priorities], "self": f"{API}/priorityschemes/{id_}"}
        keys = [project.key for project in schemes.classic_projects(service)[place::2]]
        rows.append(told | ({"projectKeys": keys} if "schemes.projectKeys" in request.words("expand") else {}))
    return answer({"startAt": start, "maxResults": size, "total": len(rows), "schemes": rows[start : start + size]})


@DATA_CENTER.get("/rest/api/3/screens/{screen}/tabs")
def tabs_of_screen(service: Service, request: Request) -> Answer:
    administrator(service, request)
    rows = [tab for tab in rights.tabs() if str(tab["screenId"]) == request.parts["screen"]]
    if not rows:
        raise _missing("screen")
    return answer([{"id": tab["tabId"], "name": tab["tabName"]} for tab in rows])


@DATA_CENTER.get("/rest/api/3/dashboard")
def dashboards(service: Service, request: Request) -> Answer:
    """At most two a page, whatever is asked for; only name and address."""
    rows = [row for row in filters.dashboards(service) if filters.sees(request.sign_in.user, row)]
    start = request.number("startAt", 0)
    told = [{name: row[name] for name in ("id", "name", "self", "view")} for row in rows[start : start + 2]]
    return answer({"startAt": start, "maxResults": 2, "total": len(rows), "dashboards": told})


@DATA_CENTER.get("/rest/api/3/customFields/{field}/options")
def options_of_field(service: Service, request: Request) -> Answer:
    """The options of all contexts; pages count from 1."""
    administrator(service, request)
    field = service.site.field(f"customfield_{request.parts['field']}")
    if field is None or field.kind not in OPTION_KINDS:
        raise _missing("custom field")
    rows = options_of(field)
    told = [
        {"self": f"{API}/customFieldOption/{row['id']}", "id": int(row["id"]), "value": row["value"],
         "disabled": row["disabled"],
         "childrenIds": [int(child["id"]) for child in rows if child.get("optionId") == row["id"]]}
        for row in rows
    ]  # fmt: skip
    start = (request.number("page", 1) - 1) * request.number("maxResults", 100)
    return answer({"total": len(rows), "options": told[start : start + request.number("maxResults", 100)]})


@DATA_CENTER.get("/rest/auditing/1.0/events")
def events(service: Service, request: Request) -> Answer:
    """The audit log's records as events, the latest first: they have no number."""
    reader_of_the_log(service, request)
    times = {name: parse_timestamp(request.text(name).replace("Z", "+0000")) for name in ("from", "to") if request.text(name)}
    first, last = times.get("from", 0), times.get("to", 1 << 62)
    rows = [row for row in service.site.audit if first <= parse_timestamp(row["created"]) <= last]
    start, size = request.number("offset", 0), max(1, request.number("limit", 200))
    paging = {"lastPage": start + size >= len(rows), "nextPageOffset": start + size, "size": len(rows[start : start + size])}
    return answer({"pagingInfo": paging, "entities": [_event(service, row) for row in rows[start : start + size]]})


def _event(service: Service, row: dict[str, Any]) -> dict[str, Any]:
    author = username(row["authorAccountId"])
    what = row["objectItem"]
    is_deleted = what["typeName"] == "ISSUE_DELETE"
    objects = [{"id": what["id"], "name": what["name"], "type": "ISSUE" if is_deleted else what["typeName"]}]
    objects += [{"id": one["id"], "name": one["name"], "type": one["typeName"]} for one in row.get("associatedItems", ())]
    changed = [
        {"key": one["fieldName"], "i18nKey": one["fieldName"], "from": one["changedFrom"], "to": one["changedTo"]}
        for one in row.get("changedValues", ())
    ]
    more = {"name": "description", "nameI18nKey": "jira.auditing.extra.parameters.event.description"}
    action = "jira.auditing.issue.deleted" if is_deleted else f"jira.auditing.{row['summary'].lower().replace(' ', '.')}"
    return {
        "timestamp": service.site.stamps.zulu(parse_timestamp(row["created"])),
        "author": {"id": "10100", "name": author, "type": "user", "uri": f"{SITE_URL}/secure/ViewProfile.jspa?name={author}"},
        "type": {"action": row["summary"], "actionI18nKey": action, "category": row["category"],
                 "categoryI18nKey": "jira.auditing.category"},
        "affectedObjects": objects, "changedValues": changed, "source": row.get("remoteAddress"),
        "extraAttributes": [more | {"value": row["description"]}] if "description" in row else [],
        "system": SITE_URL, "node": "node1", "method": "Browser",
    }  # fmt: skip
