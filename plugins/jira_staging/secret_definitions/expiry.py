"""A token's last day, as a person wrote it down: no API of Atlassian's tells when a token expires."""

from datetime import date

from jira_staging.records import SecretDefinition

# The days ahead at which the warning becomes more urgent: time to plan, the last full week, the last weekend.
PLAN, HURRY, LAST_CALL = 30, 14, 3


def days_left(definition: SecretDefinition, today: date) -> int | None:
    """Days until the token expires (0 on its last day, negative after it), or None where nobody wrote down the day."""
    return (definition.expires_on - today).days if definition.expires_on else None


def expiry_warning(definition: SecretDefinition, today: date) -> str | None:
    """One sentence for the log and the report from 30 days ahead, or None where there is nothing to say."""
    left = days_left(definition, today)
    if left is None or left > PLAN:
        return None
    what = f"The API token of secret definition `{definition.name}`"
    if left < 0:
        return (
            f"{what} expired on {definition.expires_on}, as its definition says: make a new one, store it in the vault and "
            "change `expires_on`."
        )
    when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    if left <= LAST_CALL:
        return f"{what} expires {when} ({definition.expires_on}): make a new one now, or the next runs will be refused."
    if left <= HURRY:
        return f"{what} expires {when} ({definition.expires_on}): make a new one this week."
    return f"{what} expires {when} ({definition.expires_on}): plan to make a new one."
