"""Tables of a batch none of whose rows is stored yet, as in a first load: written straight, without a verdict on each row.

A verdict costs writing every row twice. Looking for a stored key reads the keys alone.
"""

from collections.abc import Sequence

from jira_staging.staging import comparing
from jira_staging.staging.merging import Merge
from jira_staging.staging.sessions import Parameters, Session, Written


def merged(session: Session, merges: Sequence[Merge], values: Parameters) -> dict[str, Written]:
    """Write straight what is all new, and compare all other tables first."""
    found: dict[str, Written] = {}
    for merge in merges:
        if _is_all_new(session, merge):
            found[merge.table.name] = _written(session, merge, values)
        else:
            found |= comparing.merged(session, [merge], values, comparing.replacing)
    return found


def _is_all_new(session: Session, merge: Merge) -> bool:
    stored = f"SELECT 1 FROM {merge.incoming} AS s JOIN {merge.target} AS t ON {merge.same_key('s', 't')} LIMIT 1"
    if session.fetch(stored):
        return False
    return not (merge.compares and session.fetch(comparing.any_gone(merge)))


def _written(session: Session, merge: Merge, values: Parameters) -> Written:
    name, house, as_json = merge.dialect.name, merge.house, merge.dialect.json_value
    named = {column: f"s.{name(column)}" for column in merge.columns}
    given = [as_json.format(named[column]) if kind == "json" else named[column] for column, kind in merge.columns.items()]
    held_back = comparing.held_back(merge)
    where = f" WHERE s.{name('issue_id')} NOT IN (SELECT id FROM {held_back})" if held_back else ""
    ((count,),) = session.fetch(f"SELECT count(*) FROM {merge.incoming} AS s{where}")
    session.execute(
        f"INSERT INTO {merge.target} ({merge.dialect.names([*merge.columns, *house])}) "
        f"SELECT {', '.join([*given, *house.values()])} FROM {merge.incoming} AS s{where}",
        {parameter: values[parameter] for parameter in merge.parameters},
    )
    return Written(inserted=int(str(count)))
