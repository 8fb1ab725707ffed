"""Rows none of which Postgres holds yet, as in a first load: copied into their table itself, not into a temporary one first.

What is asked before needs the rows' keys alone. All else is merged: see `postgres_upserts`.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from jira_staging.staging.merging import Merge
from jira_staging.staging.postgres_upserts import held_back
from jira_staging.staging.sessions import Session
from jira_staging.tables import Table
from jira_staging.tables.arrow_types import ARROW_TYPES

# Fewer rows are merged at once: asking would take as long, and cost round trips that a night of few changes is made of.
WORTH_ASKING = 1_000


def asked_first(table: Table, data: pa.Table) -> pa.Table | None:
    """The columns of the data that tell whether its rows are new; None where asking saves nothing."""
    version = (table.version,) if table.version else ()
    if data.num_rows < WORTH_ASKING or data.num_columns == len(table.key) + len(version):
        return None
    return data.select([*table.key, *version])


def are_all_new(session: Session, merge: Merge) -> bool:
    """Whether no row of the batch has a key that is stored, and none must be held back."""
    stored = f"EXISTS (SELECT 1 FROM {merge.incoming} AS s JOIN {merge.target} AS t ON {merge.same_key('s', 't')})"
    held = held_back(merge)
    ((any_known,),) = session.fetch(f"SELECT {stored}" + (f" OR EXISTS (SELECT 1 FROM {held})" if held else ""))
    return not any_known


def as_stored(table: Table, data: pa.Table, values: Mapping[str, object]) -> pa.Table:
    """The rows with what our own columns get, ordered by their key: two runs with the same rows never wait in a circle."""
    order = pc.sort_indices(data, sort_keys=[(key, "ascending") for key in table.key])
    if pc.any(pc.not_equal(order, pa.array(range(data.num_rows), pa.uint64()))).as_py():
        data = data.take(order)
    for column, parameter in (("_synced_at", "now"), ("_run_id", "run_id")):
        if parameter in values:
            value = pa.scalar(values[parameter], ARROW_TYPES[table.column(column).type])
            data = data.append_column(column, pa.repeat(value, data.num_rows))
    return data
