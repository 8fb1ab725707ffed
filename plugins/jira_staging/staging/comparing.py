"""Merging by comparing first: every row of a batch gets its verdict in a temporary table, then what differs is written.

For warehouses that write without an index on the key. The verdicts also count, and tell which tables need no write at all.
"""

from collections.abc import Callable, Mapping, Sequence, Set

from jira_staging.staging.merging import Merge
from jira_staging.staging.sessions import Parameters, Session, Written


def verdicts(merge: Merge) -> str:
    """The name of the temporary table that takes a merge's verdicts."""
    return f"verdicts_{merge.table.name}"


def shape(merge: Merge) -> str:
    """DDL of the empty table of verdicts."""
    columns = merge.dialect.names(merge.existing)
    verdict = f"CAST(NULL AS {merge.dialect.types['text']}) AS _verdict"
    return f"CREATE TEMPORARY TABLE {verdicts(merge)} AS SELECT {columns}, {verdict} FROM {merge.target} LIMIT 0"


def merged(
    session: Session, merges: Sequence[Merge], values: Parameters, write: Callable[[Merge, Set[str]], Sequence[str]]
) -> dict[str, dict[int, Written]]:
    """Compare all tables, then write what differs by the statements that `write` gives for a merge and its verdicts."""
    if not merges:
        return {}
    for merge in merges:
        session.execute(fill(merge), {name: values[name] for name in merge.parameters})
    found = _counted(session, merges)
    for merge in merges:
        met = {verdict for counts in found.get(merge.table.name, {}).values() for verdict in counts}
        if differing := met & {"inserted", "updated", "deleted"}:
            for statement in write(merge, differing):
                session.execute(statement)
    return {name: {part: _written(counts) for part, counts in parts.items()} for name, parts in found.items()}


def _written(counts: Mapping[str, int]) -> Written:
    return Written(counts.get("inserted", 0), counts.get("updated", 0), counts.get("deleted", 0))


def fill(merge: Merge) -> str:
    """INSERT of every row of the batch as it would be written, with its verdict, and of those that are gone."""
    gone = f"\nUNION ALL\n{_gone(merge)}" if merge.compares else ""
    return f"INSERT INTO {verdicts(merge)} {_coming(merge)}{gone}"


def _coming(merge: Merge) -> str:
    house, name = merge.house, merge.dialect.name
    values = []
    for column in merge.existing:
        given = merge.value(column, "s", "t") if column in merge.columns else f"t.{name(column)}"
        values.append(f"{house.get(column, given)} AS {name(column)}")
    # A join, since not every warehouse looks for a value IN a query while it decides a CASE.
    older_issues = held_back(merge)
    held = f" LEFT JOIN {older_issues} ON held.id = s.{name('issue_id')}" if older_issues else ""
    return (
        f"SELECT {', '.join(values)}, CASE {' '.join(_cases(merge))} ELSE 'unchanged' END AS _verdict\n"
        f"FROM {merge.incoming} AS s LEFT JOIN {merge.target} AS t ON {merge.same_key('s', 't')}{held}"
    )


def _cases(merge: Merge) -> list[str]:
    name = merge.dialect.name
    cases = [f"WHEN t.{name(merge.table.key[0])} IS NULL THEN 'inserted'"]
    if older := merge.older("s", "t"):
        cases.append(f"WHEN {older} THEN 'held_back'")
    if merge.issues:
        cases.insert(0, "WHEN held.id IS NOT NULL THEN 'held_back'")
    if changed := merge.changed("s", "t"):
        cases.append(f"WHEN {changed} THEN 'updated'")
    return cases


def _gone(merge: Merge) -> str:
    name = merge.dialect.name
    marks = merge.marks if merge.table.absent == "mark" else {}
    values = ", ".join(f"{marks.get(column, f't.{name(column)}')} AS {name(column)}" for column in merge.existing)
    return f"SELECT {values}, 'deleted' AS _verdict\nFROM {merge.target} AS t WHERE {merge.gone('t', held_back(merge))}"


def held_back(merge: Merge) -> str | None:
    """A relation with the one column `id`: issues of the batch of which the table has a newer version."""
    if merge.issues is None:
        return None
    name = merge.dialect.name("id")
    return f"(SELECT {name} AS id FROM {verdicts(merge.issues)} WHERE _verdict = 'held_back') AS held"


def replacing(merge: Merge, differing: Set[str]) -> list[str]:
    """DELETE and INSERT of what differs."""
    deletes = [_delete(merge)] if differing & {"updated", "deleted"} else []
    return [*deletes, _insert(merge)]


def _delete(merge: Merge) -> str:
    """DELETE of the stored rows that changed or are gone."""
    keys = merge.dialect.names(merge.table.key)
    replaced = f"SELECT {keys} FROM {verdicts(merge)} WHERE _verdict IN ('updated', 'deleted')"
    return f"DELETE FROM {merge.target} WHERE ({keys}) IN ({replaced})"


def _insert(merge: Merge) -> str:
    """INSERT of the rows that are new, changed or, where the table marks them, gone."""
    written = "'inserted', 'updated', 'deleted'" if merge.table.absent == "mark" else "'inserted', 'updated'"
    columns = merge.dialect.names(merge.existing)
    return f"INSERT INTO {merge.target} ({columns}) SELECT {columns} FROM {verdicts(merge)} WHERE _verdict IN ({written})"


def _counted(session: Session, merges: Sequence[Merge]) -> Mapping[str, Mapping[int, Mapping[str, int]]]:
    """Rows by table, part and verdict, in one question: a warehouse may be far away."""
    queries = [
        f"SELECT {position} AS step, {merge.part_of('v')[0]} AS part, v._verdict, count(*) "
        f"FROM {verdicts(merge)} AS v{merge.part_of('v')[1]} GROUP BY 2, 3"
        for position, merge in enumerate(merges)
    ]
    counts: dict[str, dict[int, dict[str, int]]] = {}
    for position, part, verdict, count in session.fetch(" UNION ALL ".join(queries)):
        name = merges[int(str(position))].table.name
        counts.setdefault(name, {}).setdefault(int(str(part)), {})[str(verdict)] = int(str(count))
    return counts
