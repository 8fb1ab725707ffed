"""Which scopes a census compares: those that were loaded before, also projects that the account does not see any longer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from jira_staging.errors import WrongUse
from jira_staging.fingerprints import Fingerprint
from jira_staging.jira_api import jql
from jira_staging.planning import Project, scopes_of
from jira_staging.records import Report, Scope, SyncRequest, SyncState

Standing = Literal["visible", "archived", "project_not_visible", "undecided"]


@dataclass(frozen=True)
class LoadedScope:
    """A scope with how its last load left it, and how its project stands: only what is `visible` can be searched."""

    scope: Scope
    state: SyncState
    standing: Standing = "visible"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that its issues filled last, and `issue`, which holds the ids, where another run filled that."""
        told = Fingerprint.read(self.state.fingerprint)
        return tuple(told.tables) if "issue" not in told.behind else (*told.tables, "issue")


def loaded_scopes(
    states: Mapping[str, SyncState], request: SyncRequest, projects: Sequence[Project], conditions: str | None, report: Report
) -> list[LoadedScope]:
    """The scopes that `request` means, as far as they were loaded; those that were not are noted.

    Raises WrongUse where none was, or where a scope was loaded without the table `issue`, which holds the ids.
    """
    vanished = [] if conditions else list(_vanished(states, request, projects))
    named = tuple(key for key in request.projects if key not in {found.scope.label for found in vanished})
    # Without any name all projects are meant.
    asked = scopes_of(replace(request, projects=named), projects, conditions) if named or not request.projects else ()
    new = [scope.label for scope in asked if scope.name not in states]
    if new:
        report.notes.append(f"{', '.join(new[:20])}: never loaded here, so there is nothing to compare. A sync loads them.")
    found = [LoadedScope(scope, states[scope.name]) for scope in asked if scope.name in states] + vanished
    if not found:
        raise WrongUse("A census compares what was loaded, and none of this was: run a sync first.")
    for one in found:
        if "issue" not in one.tables:
            raise WrongUse(f"{one.scope.label} was loaded without the table `issue`, so its ids cannot be compared.")
    return found


def by_tables(scopes: Sequence[LoadedScope]) -> Iterator[tuple[tuple[str, ...], list[LoadedScope]]]:
    """The scopes in groups that fill the same tables."""
    for tables, group in groupby(sorted(scopes, key=lambda one: one.tables), key=lambda one: one.tables):
        yield tables, list(group)


def searches(scopes: Sequence[LoadedScope], *, all_together: bool = True) -> Iterator[tuple[str, list[LoadedScope]]]:
    """JQL, and the scopes that it searches: many projects at once, or each alone; what is asked by JQL always alone."""
    by_key = {one.scope.label: one for one in scopes if one.scope.project_id is not None and one.standing == "visible"}
    for keys in jql.split_projects(by_key) if all_together else ([key] for key in by_key):
        yield jql.projects_in(keys), [by_key[key] for key in keys]
    yield from ((one.scope.jql, [one]) for one in scopes if one.scope.project_id is None)


def _vanished(states: Mapping[str, SyncState], request: SyncRequest, projects: Sequence[Project]) -> Iterator[LoadedScope]:
    visible = {f"project:{project.id}" for project in projects}
    for name, state in states.items():
        if name.startswith("project:") and name not in visible:
            key = Fingerprint.read(state.fingerprint).label
            if not request.projects or key in request.projects:
                yield LoadedScope(Scope(name, key, "", int(name.removeprefix("project:"))), state, "undecided")
