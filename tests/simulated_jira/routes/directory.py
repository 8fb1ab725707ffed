"""What every reader asks first: who am I, what site is this, which fields, statuses, types, priorities are there."""

from typing import Any

from simulated_jira.exchange import Answer, Request, answer, errors, listing
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service
from simulated_jira.settings import CLOUD_ID, SITE_URL
from simulated_jira.sign_in import not_signed_in
from simulated_jira.workflow import API, CATEGORIES, PRIORITY_COLOURS, SECURITY_LEVEL, category_payload


@ROUTES.get("/rest/api/3/myself", scope="read:jira-user")
def myself(service: Service, request: Request) -> Answer:
    user = request.sign_in.user
    return not_signed_in() if user is None else answer(user.profile())


@ROUTES.get("/rest/api/3/serverInfo", anonymous=True)
def server_info(service: Service, request: Request) -> Answer:
    site = service.site
    seen: dict[str, Any] = {
        "baseUrl": SITE_URL,
        "displayUrl": SITE_URL,
        "displayUrlServicedeskHelpCenter": SITE_URL,
        "displayUrlCSMHelpSeeker": SITE_URL,
        "displayUrlConfluence": SITE_URL,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100294,
        "buildDate": "2026-10-30T02:21:04.000+0000",
    }
    if request.sign_in.user is not None:
        # Only who is signed in learns the time.
        seen["serverTime"] = site.stamps.text(site.clock.now_ms())
    seen |= {"scmInfo": "0a1b2c3d", "serverTitle": "Jira", "defaultLocale": {"locale": site.settings.locale}}
    return answer(seen | {"serverTimeZone": site.settings.time_zone})


@ROUTES.get("/_edge/tenant_info", anonymous=True)
def tenant_info(service: Service, request: Request) -> Answer:
    return answer({"cloudId": CLOUD_ID})


@ROUTES.post("/oauth/token", anonymous=True)
def oauth_token(service: Service, request: Request) -> Answer:
    return service.tokens.exchange(request)


@ROUTES.get("/oauth/token/accessible-resources", anonymous=True)
def accessible_resources(service: Service, request: Request) -> Answer:
    return answer(
        [
            {
                "id": CLOUD_ID,
                "url": SITE_URL,
                "name": "simulated",
                "scopes": ["read:jira-work", "read:jira-user"],
                "avatarUrl": "",
            }
        ]
    )


@ROUTES.get("/rest/api/3/field", anonymous=True)
def fields(service: Service, request: Request) -> Answer:
    signed_in = request.sign_in.user is not None
    return answer([field.payload() for field in service.site.fields if signed_in or not field.is_custom])


@ROUTES.get("/rest/api/3/field/search")
def field_search(service: Service, request: Request) -> Answer:
    """Paged, and not the same set: only what an administrator can configure, without `clauseNames`."""
    kinds, query = request.words("type"), request.text("query").lower()
    rows = []
    for field in service.site.fields:
        if (
            field.type is None
            or query not in field.name.lower()
            or (kinds and ("custom" if field.is_custom else "system") not in kinds)
        ):
            continue
        rows.append(
            {
                "id": field.id,
                "name": field.name,
                "schema": field.schema(),
                "description": f"About {field.name}",
                "key": field.id,
                "isLocked": field.id < "customfield_10030" and field.is_custom,
                "isUnscreenable": False,
            }
        )
    return answer(listing(request, rows))


@ROUTES.get("/rest/api/3/status")
def statuses(service: Service, request: Request) -> Answer:
    return answer([status.listed() for status in service.site.all_statuses()])


@ROUTES.get("/rest/api/3/statuses/search")
def status_search(service: Service, request: Request) -> Answer:
    """Newer, paged, and with other names for the same: the category is a word, the scope is always there."""
    words = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}
    rows = []
    for status in service.site.all_statuses():
        scope: dict[str, Any] = {"type": "GLOBAL"}
        if status.project_id is not None:
            scope = {"type": "PROJECT", "project": {"id": status.project_id}}
        row = {
            "id": status.id,
            "name": status.payload["name"],
            "statusCategory": words.get(status.category, "UNDEFINED"),
        }
        rows.append(row | {"scope": scope, "description": status.payload.get("description", "")})
    return answer(listing(request, rows, default=200, most=200))


@ROUTES.get("/rest/api/3/statuscategory")
def status_categories(service: Service, request: Request) -> Answer:
    return answer([category_payload(key, service.site.settings.locale) for key in CATEGORIES])


def _priorities(service: Service) -> list[dict[str, Any]]:
    colours = PRIORITY_COLOURS
    return [
        {
            "self": p["self"],
            "statusColor": colours[n % len(colours)],
            "description": f"Priority {n + 1}",
            "iconUrl": p["iconUrl"],
            "name": p["name"],
            "id": p["id"],
        }
        for n, p in enumerate(service.site.priorities)
    ]


@ROUTES.get("/rest/api/3/priority")
def priorities(service: Service, request: Request) -> Answer:
    return answer(_priorities(service))


@ROUTES.get("/rest/api/3/priority/search")
def priority_search(service: Service, request: Request) -> Answer:
    return answer(listing(request, [row | {"isDefault": row["id"] == "3"} for row in _priorities(service)]))


@ROUTES.get("/rest/api/3/resolution")
def resolutions(service: Service, request: Request) -> Answer:
    return answer(service.site.resolutions)


@ROUTES.get("/rest/api/3/resolution/search")
def resolution_search(service: Service, request: Request) -> Answer:
    return answer(listing(request, [row | {"default": False} for row in service.site.resolutions]))


@ROUTES.get("/rest/api/3/issuetype")
def issue_types(service: Service, request: Request) -> Answer:
    return answer([kind.listed() for kind in service.site.all_issue_types()])


@ROUTES.get("/rest/api/3/issueLinkType", anonymous=True)
def link_types(service: Service, request: Request) -> Answer:
    return answer({"issueLinkTypes": service.site.link_types})


@ROUTES.get("/rest/api/3/label")
def labels(service: Service, request: Request) -> Answer:
    used: set[str] = set()
    for body in {id(issue.body): issue.body for issue in service.site.issues.values()}.values():
        used |= set(body.value("labels") or ())
    return answer(listing(request, sorted(used), default=1000, most=1000))


@ROUTES.get("/rest/api/3/securitylevel/{level}")
def security_level(service: Service, request: Request) -> Answer:
    return (
        answer(SECURITY_LEVEL)
        if request.parts["level"] == SECURITY_LEVEL["id"]
        else errors(404, "The security level does not exist.")
    )


@ROUTES.get("/rest/api/3/configuration")
def configuration(service: Service, request: Request) -> Answer:
    tracking = {"workingHoursPerDay": 8.0, "workingDaysPerWeek": 5.0, "timeFormat": "pretty", "defaultUnit": "minute"}
    return answer(
        {
            "votingEnabled": True,
            "watchingEnabled": True,
            "unassignedIssuesAllowed": True,
            "subTasksEnabled": True,
            "issueLinkingEnabled": True,
            "timeTrackingEnabled": True,
            "attachmentsEnabled": True,
            "timeTrackingConfiguration": tracking,
        }
    )


__all__ = ["API"]
