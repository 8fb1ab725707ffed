"""People whom Jira calls erased and the tables still name: met among the rows that are to be published."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.records import Batch, Changes, Report, Rows
from jira_staging.staging.erased_people import People, erased_in
from jira_staging.staging.overwriting import Departed
from jira_staging.staging.personal_data import PersonalDataGuard
from jira_staging.tables import TABLES

# So many at once are believed; and so large a share of all.
BELIEVED, BELIEVED_SHARE = 20, 0.2


class Named(Protocol):
    """What is needed of a staging to overwrite people in it."""

    people: People
    guard: PersonalDataGuard | None

    def read(self, table: str, columns: Sequence[str], where: Mapping[str, Sequence[int | str]] | None = None) -> pa.Table:
        """Rows."""
        ...

    def overwrite(self, departed: Departed, report: Report) -> dict[str, int]:
        """Write people's rows anew."""
        ...


def met(batch: Batch, staging: Named, report: Report) -> Batch:
    """Overwrite whomever the batch shows as erased and the tables name otherwise: before the batch says their new name.

    Gives the batch as it may be published. While Jira cannot reach its directory, it calls everybody a former user: where many
    become one at once, nobody is overwritten, their rows are left out, and a check fails.
    """
    users = next((rows for rows in batch.rows if rows.table == "user"), None)
    if users is not None and users.owners is None:
        # The directory knows best; issues go on to show people as they were.
        staging.people.bring_back(set(users.data["id"].to_pylist()) - erased_in(users.data))
    new = erased_in(users.data) - staging.people.erased.keys() if users else set()
    if users is None or not new:
        return batch
    named = _named(staging, users, new)
    known = staging.read("user", ["id"]).num_rows if len(named) > BELIEVED else 0
    if len(named) > max(BELIEVED, BELIEVED_SHARE * known) and not staging.people.believes_all:
        wrong = (
            f"Jira calls {len(named):,} of {known:,} people former users at once, as it does while its directory does not "
            "answer: nobody was overwritten. If they are erased, load with `full` (`--full`) once."
        )
        report.check(("user", batch.scope), "erased", {"people": len(named), "known": known}, wrong=wrong)
        return _without(batch, users, named)
    if named:
        _overwrite(staging, named, batch.scope, report)
    staging.people.erase(new)
    return batch


def _without(batch: Batch, users: Rows, doubted: Collection[str]) -> Batch:
    kept = users.data.filter(pc.invert(pc.is_in(users.data["id"], pa.array(doubted, pa.string()))))
    return replace(batch, rows=tuple(replace(rows, data=kept) if rows is users else rows for rows in batch.rows))


def _named(staging: Named, users: Rows, new: set[str]) -> dict[str, str | None]:
    """Those of them whom the table `user` shows otherwise, and their addresses."""
    shown = staging.guard.shown if staging.guard else lambda name: name
    names = dict(zip(users.data["id"].to_pylist(), users.data["name"].to_pylist(), strict=True))
    stored = staging.read("user", ["id", "name", "email"], {"id": sorted(new)}).to_pylist()
    return {row["id"]: row["email"] for row in stored if row["name"] != shown(names[row["id"]])}


def _overwrite(staging: Named, named: dict[str, str | None], scope: str, report: Report) -> None:
    departed = Departed(staging.people.only(named), [email for email in named.values() if email])
    counts = staging.overwrite(departed, report)
    for table, count in counts.items():
        if TABLES[table].group != "own":
            report.tally(table, scope).add(count, Changes(updated=count))
    told = ", ".join(f"{table} {count:,}" for table, count in counts.items())
    report.notes.append(f"Jira has erased {len(named):,} of the people that the tables named: overwritten rows: {told}.")
