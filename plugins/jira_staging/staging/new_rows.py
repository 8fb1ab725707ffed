"""Tables of a batch none of whose rows is stored yet, as in a first load: written straight, without a verdict on each row.

A verdict costs writing every row twice, and a table of verdicts. Looking for stored rows reads the keys alone, of all tables
in one question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from jira_staging.staging import comparing
from jira_staging.staging.merging import Merge
from jira_staging.staging.sessions import Parameters, Session, Written


def merged(session: Session, merges: Sequence[Merge], values: Parameters) -> dict[str, Mapping[int, Written]]:
    """Write straight what is all new, and compare all other tables first. Needs nothing made ready."""
    found: dict[str, Mapping[int, Written]] = {}
    touched = _with_stored_rows(session, merges)
    for merge in merges:
        if merge.issues is not None and merge.issues.table.name not in touched:
            merge = replace(merge, issues=None)  # noqa: PLW2901 - no issue is stored, so none is newer there
        if merge.table.name in touched:
            session.execute(comparing.shape(merge))
            found |= comparing.merged(session, [merge], values, comparing.replacing)
        elif merge.row_count:
            found[merge.table.name] = _written(session, merge, values)
    return found


def _with_stored_rows(session: Session, merges: Sequence[Merge]) -> set[str]:
    """Tables that hold a row of the batch already, or any of an owner whose rows are all in the batch."""
    questions = [
        f"(SELECT {place} FROM {stored} LIMIT 1)" for place, merge in enumerate(merges) for stored in _where_stored(merge)
    ]
    places = session.fetch(" UNION ALL ".join(questions)) if questions else []
    return {merges[int(str(place))].table.name for (place,) in places}


def _where_stored(merge: Merge) -> list[str]:
    name, owner = merge.dialect.name, merge.table.owner
    if merge.whole_table and merge.compares:
        return [merge.target]
    found, owners = [], []
    if merge.row_count and owner in merge.table.key:
        # Then a key is stored only where its owner is, and one column is looked up faster than all of a key.
        owners.append(f"SELECT {name(owner)} FROM {merge.incoming}")
    elif merge.row_count:
        found.append(f"{merge.incoming} AS s JOIN {merge.target} AS t ON {merge.same_key('s', 't')}")
    if merge.compares and owner:
        owners.append(f"SELECT owner FROM {merge.owners}")
    if owners:
        found.append(f"{merge.target} WHERE {name(str(owner))} IN ({' UNION ALL '.join(owners)})")
    return found


def _written(session: Session, merge: Merge, values: Parameters) -> Mapping[int, Written]:
    name, house, as_json = merge.dialect.name, merge.house, merge.dialect.json_value
    named = {column: f"s.{name(column)}" for column in merge.columns}
    given = [as_json.format(named[column]) if kind == "json" else named[column] for column, kind in merge.columns.items()]
    held_back = comparing.held_back(merge)
    where = f" WHERE s.{name('issue_id')} NOT IN (SELECT id FROM {held_back})" if held_back else ""
    counts = merge.row_counts
    if held_back:
        part, join = merge.part_of("s")
        found = session.fetch(f"SELECT {part}, count(*) FROM {merge.incoming} AS s{join}{where} GROUP BY 1")
        counts = {int(str(part)): int(str(count)) for part, count in found}
    session.execute(
        f"INSERT INTO {merge.target} ({merge.dialect.names([*merge.columns, *house])}) "
        f"SELECT {', '.join([*given, *house.values()])} FROM {merge.incoming} AS s{where}",
        {parameter: values[parameter] for parameter in merge.parameters},
    )
    return {part: Written(inserted=count) for part, count in counts.items()}
