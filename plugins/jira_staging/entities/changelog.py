"""What changed on issues, and when: from the JSON of bulk changelogs to histories, and from these to rows.

The history tables are computed from the same histories.
"""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from jira_staging.entities.decoding import Int64
from jira_staging.entities.value_shapes import Person
from jira_staging.records import RejectedRow

# A number below this is seconds, as in Atlassian's own example; as milliseconds it would be a day before Jira's first.
EARLIEST_MILLISECONDS = 100_000_000_000

Scalar = str | int | float | None


class ChangeItem(msgspec.Struct, gc=False):
    """One field that changed. Empty text and null are kept apart, as Jira gives them; `field_id` is set once decoded."""

    field: str
    field_id: str | None = msgspec.field(default=None, name="fieldId")
    field_type: str | None = msgspec.field(default=None, name="fieldtype")
    from_value: Scalar = msgspec.field(default=None, name="from")
    from_text: Scalar = msgspec.field(default=None, name="fromString")
    to_value: Scalar = msgspec.field(default=None, name="to")
    to_text: Scalar = msgspec.field(default=None, name="toString")
    from_account: str | None = msgspec.field(default=None, name="tmpFromAccountId")
    to_account: str | None = msgspec.field(default=None, name="tmpToAccountId")


class History(msgspec.Struct):
    """One act of one author: `at` is when, in epoch milliseconds, once decoded; `items` are what it changed, in Jira's order."""

    id: Int64
    created: datetime | int
    items: list[ChangeItem | None]
    author: Person | None = None
    at: int = msgspec.field(default=0, name="_at")

    @property
    def author_id(self) -> str | None:
        """The account id; None where nobody is named, as for automation."""
        return (self.author.account_id or None) if self.author is not None else None


@dataclass
class Changelogs:
    """Histories by issue id, each issue's oldest first, and what had to be left out.

    An issue of which a part was left out, or that Jira gave no changelog of, is not in `whole`.
    """

    histories: dict[int, list[History]] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
