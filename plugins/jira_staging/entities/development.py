"""What the Development field of an issue counts: branches, commits, pull requests, builds, deployments; a row a kind."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import Reject, arrow_column
from jira_staging.entities.decoding import Int64
from jira_staging.entities.field_catalogue import FieldCatalogue, column_of
from jira_staging.entities.flattened import values_at
from jira_staging.entities.issue_lists import IssueBatch
from jira_staging.entities.lenient_json import LenientDecoder
from jira_staging.records import Rows
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

TABLE = "issue_development"
# Nothing was ever linked to the issue.
_EMPTY = ("", "{}")
# Jira prints a Java map, `{pullrequest={state=OPEN, …}, json={"cachedValue":…}}`; Data Center one of beans with
# `devSummaryJson={"cachedValue":…}`. Only that part is JSON, and it alone holds every count.
_SUMMARY = re.compile(r'(?:json|devSummaryJson)=(\{"cachedValue":.*\})\}\s*$', re.DOTALL)


class Overall(msgspec.Struct, rename="camel"):
    """What the field says of all things of one kind."""

    count: Int64 | None = None
    state: str | None = None
    state_count: Int64 | None = None
    open: bool | None = None
    last_updated: str | None = None


class Kind(msgspec.Struct):
    """One kind of things: pull requests, say."""

    overall: Overall


class Cached(msgspec.Struct):
    """The counts as Jira last asked the developers' tools for them."""

    summary: dict[str, msgspec.Raw]


class Development(msgspec.Struct, rename="camel"):
    """The JSON within the field's text."""

    cached_value: Cached


_DEVELOPMENT, _KIND = msgspec.json.Decoder(Development), LenientDecoder(Kind)


def development_rows(batch: IssueBatch, catalogue: FieldCatalogue) -> Rows | None:
    """The rows of `issue_development`; None if the site has no such field, or it was excluded.

    Complete for the issues whose field could be read whole: the others keep what the table has, and cost a rejected row.
    """
    sources = [field_id for field_id in catalogue.development_fields if not catalogue.is_excluded(field_id)]
    if not sources:
        return None
    rows = [row for field_id in sources for row in _counted(batch, field_id)]
    overall = [kind.overall for _, _, kind, _ in rows]
    values: dict[str, Sequence[Any]] = {
        "issue_id": [batch.ids[place] for place, _, _, _ in rows],
        "kind": [name for _, name, _, _ in rows],
        "detail": [detail for _, _, _, detail in rows],
    }
    for name in ("count", "state", "state_count", "last_updated"):
        values[name] = values_at(overall, (name,))
    values["is_open"], values["last_updated_at"] = values_at(overall, ("open",)), values.pop("last_updated")
    places = [place for place, _, _, _ in rows]
    reject = batch.rejecting(TABLE, sources[0])
    arrays = [
        arrow_column(column.type, values[column.name], lambda row, reason, text: reject(places[row], reason, text))
        for column in TABLES[TABLE].columns
    ]
    return Rows(TABLE, pa.Table.from_arrays(arrays, schema=arrow_schema(TABLES[TABLE])), owners=batch.whole(sources))


def _counted(batch: IssueBatch, field_id: str) -> Iterator[tuple[int, str, Kind, msgspec.Raw]]:
    reject = batch.rejecting(TABLE, field_id)
    for place, value in enumerate(batch.raw_values(column_of(field_id))):
        if value is not None:
            yield from ((place, *found) for found in _kinds(value, place, reject))


def _kinds(value: msgspec.Raw, place: int, reject: Reject) -> Iterator[tuple[str, Kind, msgspec.Raw]]:
    try:
        text = msgspec.json.decode(value, type=str)
        if text.strip() in _EMPTY:
            return
        printed = _SUMMARY.search(text)
        if printed is None:
            raise msgspec.ValidationError("No JSON with `cachedValue` in it")
        summary = _DEVELOPMENT.decode(printed[1]).cached_value.summary
        found = [(name, _KIND.decode(kind), kind) for name, kind in summary.items()]
    except msgspec.DecodeError as error:
        reject(place, f"Not a summary of development: {error}", bytes(value).decode("utf-8", "replace"))
        return
    yield from found
