"""Users, and later groups and roles."""

from jira_staging.tables.nouns import Column, Table

USER = Table(
    name="user",
    group="people",
    meaning="Everybody whom the account may see, and everybody who stands in an issue that was read.",
    key=("id",),
    absent="keep",  # without the right to browse users, Jira lists few of them
    null_is_unknown=True,  # a person who stands in an issue is shown with fewer columns than in the directory
    columns=(
        Column("id", "text", "The account id: the only lasting name of a person", "accountId"),
        Column("name", "text", "The display name", "displayName", personal=True),
        Column("email", "text", "The e-mail address; null where the person hides it", "emailAddress", personal=True),
        Column("account_type", "text", "`atlassian`, `app` or `customer`", "accountType"),
        Column("is_active", "boolean", "False once deactivated", "active"),
        Column("time_zone", "text", "IANA name; null where hidden", "timeZone", personal=True),
        Column("locale", "text", "Such as `en_US`; null where hidden", "locale", personal=True),
    ),
)

PEOPLE = (USER,)
