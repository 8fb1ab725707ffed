"""Postgres's way to merge: one INSERT … ON CONFLICT a table, so that rows which several runs write at once stay whole."""

from jira_staging.staging.merging import Merge
from jira_staging.staging.sessions import Parameters, Session, Written
from jira_staging.tables import Table


def upserted(session: Session, merge: Merge, parameters: Parameters) -> dict[int, Written]:
    """Write the rows of a merge: how many were new and how many changed, by part."""
    found = session.fetch(upsert(merge), parameters)
    return {int(str(part)): Written(int(str(new)), int(str(written)) - int(str(new))) for part, new, written in found}


def removed(session: Session, merge: Merge, parameters: Parameters) -> dict[int, int]:
    """Remove or mark what is gone: how many rows, by part."""
    if not merge.compares:
        return {}
    found = session.fetch(removal(merge), parameters if merge.table.absent == "mark" else {})
    return {int(str(part)): int(str(gone)) for part, gone in found}


def upsert(merge: Merge) -> str:
    """Insert what is new and update what differs; counts the new rows, and the new and updated ones, by part.

    Rows go in by their key's order, so that two runs that write the same ones wait for each other, but never in a circle.
    """
    name, house, key = merge.dialect.name, merge.house, merge.table.key
    columns = [*merge.columns, *house]
    part, join = merge.part_of("w")
    values = [*(f"s.{name(column)}" for column in merge.columns), *house.values()]
    return (
        f"WITH written AS (\nINSERT INTO {merge.target} AS t ({merge.dialect.names(columns)})\n"
        f"SELECT {', '.join(values)} FROM {merge.incoming} AS s{_worth_writing(merge)}\n"
        f"ORDER BY {merge.dialect.names(key, 's.')}\n"
        f"ON CONFLICT ({merge.dialect.names(key)}) DO {_update(merge)}\n"
        # A row that was only inserted has no transaction that locked or changed it.
        f"RETURNING (t.xmax = 0) AS is_new{_issue(merge)})\n"
        f"SELECT {part}, count(*) FILTER (WHERE is_new), count(*) FROM written AS w{join} GROUP BY 1"
    )


def removal(merge: Merge) -> str:
    """Remove or mark what is gone; counts it by part."""
    name = merge.dialect.name
    where = f"WHERE {merge.gone('t', held_back(merge))} RETURNING 1 AS one{_issue(merge)}"
    if merge.table.absent == "mark":
        marks = ", ".join(f"{name(column)} = {value}" for column, value in merge.marks.items())
        statement = f"UPDATE {merge.target} AS t SET {marks} {where}"
    else:
        statement = f"DELETE FROM {merge.target} AS t {where}"
    part, join = merge.part_of("w")
    return f"WITH gone AS ({statement})\nSELECT {part}, count(*) FROM gone AS w{join} GROUP BY 1"


def _issue(merge: Merge) -> str:
    """What a changed row returns so that its part is known."""
    return "" if merge.issue_column is None else f", t.{merge.dialect.name(merge.issue_column)}"


def _update(merge: Merge) -> str:
    name, table = merge.dialect.name, merge.table
    changed = merge.changed("EXCLUDED", "t")
    if changed is None:
        return "NOTHING"
    updated = [column for column in merge.columns if column not in table.key]
    sets = [f"{name(column)} = {merge.value(column, 'EXCLUDED', 't')}" for column in updated]
    sets += [f"{name(column)} = EXCLUDED.{name(column)}" for column in merge.house]
    older = merge.older("EXCLUDED", "t")
    guard = f" AND ({older}) IS NOT TRUE" if older else ""
    return f"UPDATE SET {', '.join(sets)} WHERE ({changed}){guard}"


def _worth_writing(merge: Merge) -> str:
    """Joins and conditions that leave out rows which are as they were: whoever INSERTs a row locks it, and others wait.

    Versioned rows, the issues, are all locked: no other run may write their children before this one ends.
    """
    where, join = [], ""
    changed = merge.changed("s", "o")
    if changed and not _has_versions(merge.table):
        join = f" LEFT JOIN {merge.target} AS o ON {merge.same_key('s', 'o')}"
        where.append(f"(o.{merge.dialect.name(merge.table.key[0])} IS NULL OR {changed})")
    if held := held_back(merge):
        where.append(f"s.{merge.dialect.name('issue_id')} NOT IN (SELECT id FROM {held})")
    return f"{join} WHERE {' AND '.join(where)}" if where else ""


def _has_versions(table: Table) -> bool:
    return table.version is not None


def held_back(merge: Merge) -> str | None:
    """Issues of the batch of which the table has a newer version; after they are upserted, nobody else changes that."""
    issues = merge.issues
    if issues is None or (older := issues.older("n", "h")) is None:
        return None
    return (
        f"(SELECT n.{issues.dialect.name('id')} AS id FROM {issues.incoming} AS n JOIN {issues.target} AS h "
        f"ON {issues.same_key('n', 'h')} WHERE {older}) AS held"
    )
