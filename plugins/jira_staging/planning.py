"""What a run has to read: its scopes, what each was asked before, and what is new since. No network, no database."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from jira_staging.entities.field_catalogue import FieldCatalogue
from jira_staging.errors import WrongUse
from jira_staging.fingerprints import Fingerprint, SprintsSeen, with_none_behind
from jira_staging.records import Scope, SyncMode, SyncRequest, SyncState
from jira_staging.tables import DEFAULT_ENTITIES, ENTITIES, GROUPS, MADE_OF_ISSUES

MILLISECONDS_AN_HOUR = 3_600_000


@dataclass(frozen=True)
class Project:
    """A project as a plan needs it: `last_issue_update` is epoch milliseconds, None where Jira does not tell."""

    id: int
    key: str
    last_issue_update: int | None = None


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
    seen: SprintsSeen = field(default_factory=SprintsSeen)


@dataclass(frozen=True)
class KnownSite:
    """What a run knows of a site before it reads issues; `asked` is, in the scopes' order, what each is read for."""

    catalogue: FieldCatalogue
    projects: tuple[Project, ...]
    entities: tuple[str, ...]
    scopes: tuple[Scope, ...]
    asked: tuple[SyncState, ...]

    @property
    def of_issues(self) -> bool:
        """Whether any entity that is asked for is made of issues."""
        return not {*MADE_OF_ISSUES, "_raw_issue"}.isdisjoint(self.entities)


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


def known_site(
    site: str,
    request: SyncRequest,
    entities: Sequence[str],
    conditions: str | None,
    catalogue: FieldCatalogue,
    projects: Sequence[Project],
) -> KnownSite:
    """What is known of `site`, and what each scope of `request` is read for; raises what `scopes_of` raises."""
    scopes = scopes_of(request, projects, conditions)
    fields = [f"{custom.id}:{custom.shape.column}" for custom in catalogue.custom] if "issue" in entities else []
    questions = [Fingerprint.of(scope.label, entities, fields, catalogue.choice).text for scope in scopes]
    asked = [SyncState(site, "issue", scope.name, None, text) for scope, text in zip(scopes, questions, strict=True)]
    return KnownSite(catalogue, tuple(projects), tuple(entities), scopes, tuple(asked))


def plan(scope: Scope, before: SyncState | None, asked: SyncState, request: SyncRequest) -> Plan:
    """How to read `scope`, given where the last run left it (`before`) and what this one asks for."""
    if before is None or before.watermark is None:
        return Plan(
            scope, "full", None, (), asked, None, f"{scope.label} was never loaded here: it is loaded from its beginning."
        )
    last, wanted = Fingerprint.read(before.fingerprint), Fingerprint.read(asked.fingerprint)
    state = replace(asked, fingerprint=wanted.after(last, before.watermark).text)
    if request.full:
        # It brings what no `updated` tells, and into the tables of this run alone.
        return Plan(scope, "full", None, (), with_none_behind(state), None)
    if last.label != scope.label:
        # A new key changes the key of every issue, and the `updated` of none.
        note = f"{scope.label} was called {last.label} before: everything is loaded from its beginning."
        return Plan(scope, "backfill", None, (), with_none_behind(state), before.watermark, note)
    fields = () if "issue" not in wanted.tables else tuple(sorted(wanted.fields - last.fields))
    # While a field was left out its values may have been emptied, and no search finds issues that have none.
    back = wanted.choice.beyond(last.choice)
    back += tuple(name for name in fields if name in last.left_out and name.partition(":")[0] not in back)
    if again := last.lacks(wanted) + back:
        note = f"{scope.label}: {_were(again)} not loaded before: everything is loaded from its beginning."
        return Plan(scope, "backfill", None, (), state, before.watermark, note)
    until = last.read_until(before.watermark, wanted)
    since = until - int(request.lookback_hours * MILLISECONDS_AN_HOUR)
    note = f"{scope.label}: {_were(fields)} not loaded before: every issue that has a value is loaded. " if fields else ""
    if gone := last.choice.beyond(wanted.choice):
        note += f"{scope.label}: left out from now on: {_some(gone)}. What was loaded of it before stays and is not kept up."
    mode: SyncMode = "backfill" if fields else "incremental"
    return Plan(scope, mode, since, fields, state, until, note.rstrip(), last.sprints)


def relying_on_no_other(plans: Sequence[Plan], scopes: Collection[str]) -> list[Plan]:
    """The plans; those of `scopes` forget until when other runs read other tables: they bring what no `updated` tells."""
    return [_alone(planned) if planned.scope.name in scopes else planned for planned in plans]


def plans_of_everything(site: KnownSite) -> list[Plan]:
    """To read each scope from its beginning, whatever was read before."""
    return [plan(scope, None, state, SyncRequest(full=True)) for scope, state in zip(site.scopes, site.asked, strict=True)]


def idle_and_busy(plans: Sequence[Plan], projects: Sequence[Project], awake: Collection[str]) -> tuple[list[Plan], list[Plan]]:
    """Plans of projects in which nothing changed, and all others, with those of the scopes `awake`."""
    by_id = {project.id: project for project in projects}
    idle: list[Plan] = []
    busy: list[Plan] = []
    for planned in plans:
        unchanged = is_idle(planned, by_id.get(planned.scope.project_id or 0)) and planned.scope.name not in awake
        (idle if unchanged else busy).append(planned)
    return idle, busy


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


def _alone(planned: Plan) -> Plan:
    return replace(planned, state=with_none_behind(planned.state))


def _were(names: Sequence[str]) -> str:
    return f"{_some(names)} {'was' if len(names) == 1 else 'were'}"


def _nearest(name: str, known: Iterable[str]) -> str:
    spelled = {one.casefold(): one for one in known}
    near = get_close_matches(name.casefold(), list(spelled), n=1)
    return f" Did you mean `{spelled[near[0]]}`?" if near else ""


def _some(names: Sequence[str], most: int = 20) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
