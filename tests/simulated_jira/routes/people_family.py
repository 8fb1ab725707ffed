"""People and groups."""

from simulated_jira.exchange import Answer, Refused, Request, answer, errors, listing
from simulated_jira.people import GROUPS, group_id, group_payload
from simulated_jira.routing import ROUTES
from simulated_jira.service import Service

SCOPE = "read:jira-user"


@ROUTES.get("/rest/api/3/users", scope=SCOPE)
@ROUTES.get("/rest/api/3/users/search", scope=SCOPE)
def users(service: Service, request: Request) -> Answer:
    """A bare array, a page of it by `startAt` and `maxResults`: an empty one is the end, a short one need not be."""
    start, size = max(0, request.number("startAt", 0)), min(1000, max(1, request.number("maxResults", 50)))
    # Erased and corrupt accounts are not listed, though issues still name them.
    known = [user.listed() for user in service.site.people if user.account_id != "unknown" and user.name != "Former user"]
    return answer(known[start : start + size])


@ROUTES.get("/rest/api/3/user", scope=SCOPE)
def one_user(service: Service, request: Request) -> Answer:
    user = service.site.user(request.text("accountId"))
    return (
        errors(404, "Specified user does not exist or you do not have required permissions")
        if user is None
        else answer(user.profile())
    )


@ROUTES.get("/rest/api/3/user/bulk", scope=SCOPE)
def some_users(service: Service, request: Request) -> Answer:
    wanted = request.query.get("accountId", [])
    if not wanted:
        raise Refused(errors(400, "accountId", fields={"accountId": "At least one account id is needed"}))
    found = [user.listed() for account_id in wanted if (user := service.site.user(account_id)) is not None]
    return answer(listing(request, found, default=10, most=200))


@ROUTES.get("/rest/api/3/group/bulk", scope=SCOPE)
def groups(service: Service, request: Request) -> Answer:
    wanted = set(request.query.get("groupId", [])) | set(request.query.get("groupName", []))
    rows = [{"name": name, "groupId": group_id(name)} for name in GROUPS if not wanted or {name, group_id(name)} & wanted]
    return answer(listing(request, rows))


@ROUTES.get("/rest/api/3/group/member", scope=SCOPE)
def group_members(service: Service, request: Request) -> Answer:
    """Deactivated members are left out unless asked for."""
    name = next((g for g in GROUPS if request.text("groupId") == group_id(g) or request.text("groupname") == g), None)
    if name is None:
        raise Refused(errors(404, "The group does not exist."))
    inactive = request.flag("includeInactiveUsers")
    members = [user.payload for user in service.site.people if name in user.groups and (user.active or inactive)]
    return answer(listing(request, members))


@ROUTES.get("/rest/api/3/group", scope=SCOPE)
def one_group(service: Service, request: Request) -> Answer:
    name = next((g for g in GROUPS if request.text("groupId") == group_id(g) or request.text("groupname") == g), None)
    return errors(404, "The group does not exist.") if name is None else answer(group_payload(name))
