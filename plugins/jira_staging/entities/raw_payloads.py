"""Payloads kept as they came: issues with what was read beside them as rows of `_raw_issue`, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa

from jira_staging.entities.arrow_columns import arrow_column
from jira_staging.entities.children import ReadList
from jira_staging.entities.decoding import Int64, payloads_apart
from jira_staging.records import Rows
from jira_staging.tables import TABLES
from jira_staging.tables.arrow_types import arrow_schema

FIELD_LIST = "field"


class _HeadFields(msgspec.Struct):
    updated: str | None = None


class _Head(msgspec.Struct):
    """What says which issue a payload is, and which version of it."""

    id: Int64
    key: str | None = None
    fields: _HeadFields = msgspec.field(default_factory=_HeadFields)


class _KeptList(msgspec.Struct, omit_defaults=True):
    items: list[msgspec.Raw]
    total: int | None = None


class _Beside(msgspec.Struct, omit_defaults=True):
    changelogs: list[msgspec.Raw] = []
    lists: dict[str, _KeptList] = {}


@dataclass(frozen=True)
class KeptIssues:
    """Issues as they were kept: a JSON array of them, and what was read beside them as `ChildFlattener.flatten` takes it."""

    page: bytes = field(repr=False)
    lists: dict[tuple[str, int], ReadList]
    changelogs: dict[int, list[msgspec.Raw]]


_HEAD = msgspec.json.Decoder(_Head, strict=False)
_BESIDE = msgspec.json.Decoder(_Beside)


def payloads_by_id(pages: Sequence[bytes | msgspec.Raw]) -> dict[int, bytes]:
    """Each issue's payload in these JSON arrays; one without an id is left out, since `_rejected_row` has it."""
    found = {}
    for page in pages:
        for payload in payloads_apart(page):
            try:
                found[_HEAD.decode(payload).id] = bytes(payload)
            except msgspec.ValidationError:
                continue
    return found


def raw_issue_rows(
    payloads: Mapping[int, bytes],
    lists: Mapping[tuple[str, int], ReadList],
    changelogs: Mapping[int, Sequence[msgspec.Raw]],
    *,
    with_changelogs: bool,
) -> Rows:
    """Rows of `_raw_issue`. `lists` and `changelogs` are what was read beside the issues, as for `ChildFlattener.flatten`."""
    beside = {issue_id: _Beside(list(changelogs.get(issue_id, ()))) for issue_id in payloads}
    for (table, issue_id), read in lists.items():
        if issue_id in beside:
            beside[issue_id].lists = beside[issue_id].lists | {table: _KeptList(list(read.items), read.total)}
    heads = [_HEAD.decode(payload) for payload in payloads.values()]
    columns = {
        "issue_id": list(payloads),
        "key": [head.key for head in heads],
        "updated_at": arrow_column("timestamp", [head.fields.updated for head in heads], lambda _row, _reason, _text: None),
        "has_changelog": [with_changelogs] * len(heads),
        "payload": [payload.decode() for payload in payloads.values()],
        "beside": [msgspec.json.encode(kept).decode() for kept in beside.values()],
    }
    return Rows("_raw_issue", pa.table(columns, schema=arrow_schema(TABLES["_raw_issue"])))


def raw_answer_rows(site: str, answers: Mapping[str, bytes]) -> Rows:
    """Rows of `_raw_answer`: JSON by the question that it answers."""
    columns = {
        "question": list(answers),
        "site": [site] * len(answers),
        "answer": [answer.decode("utf-8", "replace") for answer in answers.values()],
    }
    return Rows("_raw_answer", pa.table(columns, schema=arrow_schema(TABLES["_raw_answer"])))


def kept_issues(rows: pa.Table) -> KeptIssues:
    """What rows of `_raw_issue` hold; they have its columns `issue_id`, `payload` and `beside`."""
    lists: dict[tuple[str, int], ReadList] = {}
    changelogs: dict[int, list[msgspec.Raw]] = {}
    for issue_id, text in zip(rows["issue_id"].to_pylist(), rows["beside"].to_pylist(), strict=True):
        beside = _BESIDE.decode(text)
        lists |= {(table, issue_id): ReadList(kept.items, kept.total) for table, kept in beside.lists.items()}
        if beside.changelogs:
            changelogs[issue_id] = beside.changelogs
    page = "[" + ",".join(rows["payload"].to_pylist()) + "]"
    return KeptIssues(page.encode(), lists, changelogs)
