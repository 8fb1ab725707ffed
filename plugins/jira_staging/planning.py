"""What a run has to read: its scopes, what each was asked before, and what is new since. No network, no database."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from typing import Any

from jira_staging.errors import WrongUse
from jira_staging.records import FieldChoice, Scope, SyncMode, SyncRequest, SyncState
from jira_staging.tables import DEFAULT_ENTITIES, ENTITIES, GROUPS, MADE_OF_ISSUES, TABLES

MILLISECONDS_AN_HOUR = 3_600_000


@dataclass(frozen=True)
class Project:
    """A project as a plan needs it: `last_issue_update` is epoch milliseconds, None where Jira does not tell."""

    id: int
    key: str
    last_issue_update: int | None = None


@dataclass(frozen=True)
class SprintsSeen:
    """What was known of what sprints' histories and reports are computed from, besides issues.

    `until` is when the youngest change of a sprint or a board was written, in epoch microseconds by our clock; `done` are the
    statuses of the category done.
    """

    until: int = 0
    done: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """How one scope is to be read in this run.

    `since` is epoch milliseconds, None for everything; `new_fields` are custom fields whose values are to be loaded for all
    issues that have one; `state` is what will hold once the scope is read, still without its watermark; `seen` is what was
    known of sprints when it was read last.
    """

    scope: Scope
    mode: SyncMode
    since: int | None
    new_fields: tuple[str, ...]
    state: SyncState
    watermark_from: int | None
    note: str = ""
    seen: SprintsSeen = SprintsSeen()


def entities_asked(names: Collection[str], *, raw: bool = False) -> tuple[str, ...]:
    """Table names for a mixture of table names and groups, in the order of the tables.

    Nothing asked means all but those that cost more, `raw` the kept answers too. Raises WrongUse for a name that is neither.
    """
    known = (*GROUPS, *ENTITIES)
    wanted = set(() if names else DEFAULT_ENTITIES) | set(GROUPS["raw"] if raw else ())
    for name in names:
        if name not in known:
            raise WrongUse(
                f"No entity is called `{name}`.{_nearest(name, known)} "
                f"Entities: {', '.join(ENTITIES)}; groups: {', '.join(GROUPS)}."
            )
        wanted.update(GROUPS.get(name, (name,)))
    return tuple(name for name in ENTITIES if name in wanted)


def scopes_of(request: SyncRequest, projects: Sequence[Project], conditions: str | None) -> tuple[Scope, ...]:
    """One scope a project, or one for all where a JQL or components restrict the run (`conditions`, already JQL).

    Raises WrongUse for a project that the account does not see.
    """
    chosen = _chosen(request.projects, projects)
    if conditions is None:
        return tuple(Scope(f"project:{project.id}", project.key, "", project.id) for project in chosen)
    digest = hashlib.sha256(conditions.encode()).hexdigest()[:16]
    return (Scope(f"jql:{digest}", conditions, conditions),)


def fingerprint(entities: Iterable[str], fields: Iterable[str], label: str = "", choice: FieldChoice | None = None) -> str:
    """JSON of what a scope is asked for. A table whose columns changed with a version of ours counts as another one.

    Of the tables only those matter that issues fill: the others are lists of the site, which need no beginning. `seeing` adds
    what is known of sprints.
    """
    tables = {name: _digest(column.name for column in TABLES[name].columns) for name in entities if _is_filled_by_issues(name)}
    nothing_seen = asdict(SprintsSeen())
    asked = {"entities": tables, "fields": sorted(fields), "label": label, "left_out": [], "sprints": nothing_seen}
    return _json(asked | _told(choice or FieldChoice()))


def seeing(asked: SyncState, sprints: SprintsSeen) -> SyncState:
    """`asked`, of a scope that is read knowing this of sprints."""
    return replace(asked, fingerprint=_json(json.loads(asked.fingerprint) | {"sprints": asdict(sprints)}))


def read_by_both(before: str, asked: str) -> str | None:
    """What a load that began as `before` and ends as `asked` has read of all its issues.

    None if `asked` has a table that `before` had not, or the project another key: then everything has to be read anew anyway.
    """
    old, new = json.loads(before), json.loads(asked)
    if _new_in(before, asked)[0] or old["label"] != new["label"]:
        return None
    both = {"fields": sorted(set(old["fields"]) & set(new["fields"])), "sprints": asdict(_seen(old))}
    return _remembering(before, _json(new | both | _told(_choice(old).shared_with(_choice(new)))))


def plan(scope: Scope, before: SyncState | None, asked: SyncState, request: SyncRequest) -> Plan:
    """How to read `scope`, given where the last run left it (`before`) and what this one asks for."""
    if before is None or before.watermark is None:
        return Plan(
            scope, "full", None, (), asked, None, f"{scope.label} was never loaded here: it is loaded from its beginning."
        )
    state = replace(asked, fingerprint=_remembering(before.fingerprint, asked.fingerprint))
    if request.full:
        return Plan(scope, "full", None, (), state, None)
    last = json.loads(before.fingerprint)
    if last["label"] != scope.label:
        # A new key changes the key of every issue, and the `updated` of none.
        note = f"{scope.label} was called {last['label']} before: everything is loaded from its beginning."
        return Plan(scope, "backfill", None, (), state, before.watermark, note)
    entities, fields = _new_in(before.fingerprint, asked.fingerprint)
    choice, wanted = _choice(last), _choice(json.loads(asked.fingerprint))
    # While a field was left out its values may have been emptied, and no search finds issues that have none.
    back = wanted.beyond(choice)
    back += tuple(field for field in fields if field in last["left_out"] and field.partition(":")[0] not in back)
    if again := entities + back:
        note = f"{scope.label}: {_were(again)} not loaded before: everything is loaded from its beginning."
        return Plan(scope, "backfill", None, (), state, before.watermark, note)
    since = before.watermark - int(request.lookback_hours * MILLISECONDS_AN_HOUR)
    note = f"{scope.label}: {_were(fields)} not loaded before: every issue that has a value is loaded. " if fields else ""
    if gone := choice.beyond(wanted):
        note += f"{scope.label}: left out from now on: {_some(gone)}. What was loaded of it before stays and is not kept up."
    mode: SyncMode = "backfill" if fields else "incremental"
    return Plan(scope, mode, since, fields, state, before.watermark, note.rstrip(), _seen(last))


def is_idle(planned: Plan, project: Project | None) -> bool:
    """Whether Jira tells that no issue of the project changed since the sweep would begin."""
    if project is None or project.last_issue_update is None or planned.mode != "incremental" or planned.since is None:
        return False
    return project.last_issue_update < planned.since


def _chosen(keys: Sequence[str], projects: Sequence[Project]) -> tuple[Project, ...]:
    if not keys:
        return tuple(projects)
    by_key = {project.key: project for project in projects}
    for key in keys:
        if key not in by_key:
            raise WrongUse(
                f"The account sees no project `{key}`.{_nearest(key, by_key)} It sees {len(by_key)}: {_some(sorted(by_key))}. "
                "Check the key, or let the account browse the project."
            )
    return tuple(by_key[key] for key in dict.fromkeys(keys))


def _new_in(before: str, asked: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    old, new = json.loads(before), json.loads(asked)
    entities = tuple(name for name, digest in new["entities"].items() if old["entities"].get(name) != digest)
    return entities, tuple(sorted(set(new["fields"]) - set(old["fields"])))


def _remembering(before: str, asked: str) -> str:
    """`asked`, with the fields that were read at some time and are not any more: their columns hold what was true then."""
    old, new = json.loads(before), json.loads(asked)
    return _json(new | {"left_out": sorted({*old["fields"], *old["left_out"]} - set(new["fields"]))})


def _told(choice: FieldChoice) -> dict[str, list[str] | None]:
    included = None if choice.included is None else sorted(choice.included)
    return {"include_fields": included, "exclude_fields": sorted(choice.excluded)}


def _choice(told: dict[str, Any]) -> FieldChoice:
    included = told.get("include_fields")
    return FieldChoice(None if included is None else frozenset(included), frozenset(told.get("exclude_fields", ())))


def _seen(told: dict[str, Any]) -> SprintsSeen:
    # Where nothing was written down, every sprint counts as changed.
    seen = told.get("sprints") or asdict(SprintsSeen())
    return SprintsSeen(seen["until"], tuple(seen["done"]))


def _is_filled_by_issues(table: str) -> bool:
    # The directory does not list everybody: who left, and customers, are known from the issues that they stand in.
    return table in MADE_OF_ISSUES or table in ("_raw_issue", "user")


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256(",".join(names).encode()).hexdigest()[:8]


def _were(names: Sequence[str]) -> str:
    return f"{_some(names)} {'was' if len(names) == 1 else 'were'}"


def _nearest(name: str, known: Iterable[str]) -> str:
    spelled = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), list(spelled), n=1)
    return f" Did you mean `{spelled[near[0]]}`?" if near else ""


def _some(names: Sequence[str], most: int = 20) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
