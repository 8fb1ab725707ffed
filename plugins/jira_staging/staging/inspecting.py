"""What a run asks of the tables once it has written: how many rows are there, which stand twice, which hang on nothing."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jira_staging.staging.sessions import Session
from jira_staging.tables import TABLES, Table


@dataclass(frozen=True)
class Inspection:
    """Issues that are not gone, by scope; and by table rows of no such issue (`orphans`) and keys of several rows."""

    issues: Mapping[str, int] = field(default_factory=dict)
    orphans: Mapping[str, int] = field(default_factory=dict)
    duplicates: Mapping[str, int] = field(default_factory=dict)


def inspected(session: Session, tables: Sequence[str], *, rows_at_once: int | None = None) -> Inspection:
    """Inspect these tables, and count the issues of all scopes, in one question: a warehouse may be far away.

    With `rows_at_once` it is a question after the other, and keys are looked for among so many rows at a time.
    """
    chosen = [TABLES[name] for name in TABLES if name in tables]
    queries = [*_counts(session), *(query for table in chosen for query in _of_table(session, table, rows_at_once))]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for question in queries if rows_at_once else [" UNION ALL ".join(queries)]:
        for kind, name, count in session.fetch(question):
            found[str(kind)][str(name)] += int(str(count))
    issues = {f"project:{name}": count for name, count in found["project"].items()} | found["scope"]
    return Inspection(issues, found["orphans"], found["duplicates"])


def _counts(session: Session) -> Iterator[str]:
    name, text = session.dialect.name, session.dialect.types["text"]
    project, scope = name("project_id"), name("scope")
    yield (
        f"SELECT 'project' AS kind, CAST({project} AS {text}) AS name, count(*) FROM {session.table('issue')} "
        f"WHERE {name('_deleted_at')} IS NULL GROUP BY {project}"
    )
    yield f"SELECT 'scope' AS kind, {scope} AS name, count(*) FROM {session.table('_scope_issue')} GROUP BY {scope}"


def _of_table(session: Session, table: Table, rows_at_once: int | None) -> Iterator[str]:
    name = session.dialect.name
    here = f"FROM {session.table(table.name)} AS t"
    if table.owner == "issue_id":
        unmarked = f" AND t.{name('_deleted_at')} IS NULL" if table.absent != "delete" else ""
        issue = f"SELECT 1 FROM {session.table('issue')} AS i WHERE i.{name('id')} = t.{name('issue_id')}"
        yield (
            f"SELECT 'orphans' AS kind, '{table.name}' AS name, count(*) {here} "
            f"WHERE NOT EXISTS ({issue} AND i.{name('_deleted_at')} IS NULL){unmarked}"
        )
    if not session.dialect.enforces_keys:
        keys = session.dialect.names(table.key)
        yield from (
            f"SELECT 'duplicates' AS kind, '{table.name}' AS name, count(*) "
            f"FROM (SELECT 1 AS one {here}{some} GROUP BY {keys} HAVING count(*) > 1) AS twice"
            for some in _slices(session, table, rows_at_once)
        )


def _slices(session: Session, table: Table, rows_at_once: int | None) -> Sequence[str]:
    """Conditions that share out the table's rows, those of one key together; one without any where it is small enough."""
    key = table.key[0]
    if rows_at_once is None or table.column(key).type != "bigint":
        return ("",)
    ((rows,),) = session.fetch(f"SELECT count(*) FROM {session.table(table.name)}")
    count = int(str(rows)) // rows_at_once + 1
    return (
        [f" WHERE abs(t.{session.dialect.name(key)}) % {count} = {number}" for number in range(count)] if count > 1 else ("",)
    )
