"""Users, groups and roles."""

from jira_staging.tables.nouns import Column, Table, in_turns

USER = Table(
    name="user",
    group="people",
    meaning="Everybody whom the account may see, and everybody who stands in an issue that was read.",
    key=("id",),
    absent="keep",  # without the right to browse users, Jira lists few of them
    null_is_unknown=True,  # a person who stands in an issue is shown with fewer columns than in the directory
    columns=(
        Column("id", "text", "The account id: the only lasting name of a person", "accountId", person=True),
        Column("name", "text", "The display name", "displayName", personal=True),
        Column("email", "text", "The e-mail address; null where the person hides it", "emailAddress", personal=True),
        Column("account_type", "text", "`atlassian`, `app` or `customer`", "accountType"),
        Column("is_active", "boolean", "False once deactivated", "active"),
        Column("time_zone", "text", "IANA name; null where hidden", "timeZone", personal=True),
        Column("locale", "text", "Such as `en_US`; null where hidden", "locale", personal=True),
    ),
)

GROUP = Table(
    name="group",
    group="people",
    meaning="The groups of the site.",
    key=("id",),
    columns=(
        Column("id", "text", "Jira's own id, lasting", "groupId else name"),
        Column("name", "text", "The name; may be changed", "name"),
    ),
)
GROUP_MEMBER = Table(
    name="group_member",
    group="people",
    meaning="Who is in which group, deactivated people too." + in_turns("groups"),
    key=("group_id", "user_id"),
    owner="group_id",
    absent="delete",
    columns=(
        Column("group_id", "text", "`group.id`", "group.groupId"),
        Column("user_id", "text", "`user.id`", "user.accountId", person=True),
    ),
)
ROLE = Table(
    name="role",
    group="people",
    meaning="The roles that people and groups can play in projects.",
    key=("id",),
    columns=(
        Column("id", "bigint", "Jira's own number", "id"),
        Column("name", "text", "The name", "name"),
        Column("description", "text", "What it is for", "description"),
    ),
)
ROLE_ACTOR = Table(
    name="role_actor",
    group="people",
    meaning="Who plays which role in which of the projects that were read. Jira gives a role of a project at a time, so "
    "where there are many, a run reads those whose turn it is (`_sync_state` says when each was read), and `full` reads all.",
    key=("role_id", "project_id", "actor_type", "actor_id"),
    owner="project_id",
    absent="delete",
    columns=(
        Column("role_id", "bigint", "`role.id`", "role.id"),
        Column("project_id", "bigint", "`project.id`", "project.id"),
        Column("actor_type", "text", "`atlassian-user-role-actor` or `atlassian-group-role-actor`", "actor.type"),
        Column(
            "actor_id",
            "text",
            "`user.id` or `group.id`",
            "actor.actorUser.accountId else actor.actorGroup.groupId else actor.name",
            person=True,
        ),
    ),
)

PEOPLE = (USER, GROUP, GROUP_MEMBER, ROLE, ROLE_ACTOR)
