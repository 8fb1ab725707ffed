"""Somebody who works in a site at random, by a seed."""

import random
from typing import Any

from simulated_jira import SimulatedJira
from simulated_jira.field_list import SPRINT, STORY_POINTS


class Somebody:
    """Changes a site at random, by a seed. Deletes nothing: deletions are the census's."""

    def __init__(self, jira: SimulatedJira, seed: int) -> None:
        self.jira, self.change, self.rng = jira, jira.change, random.Random(seed)
        self.projects = [project.key for project in jira.site.projects]
        self.links: list[int] = []
        self.field = STORY_POINTS
        self.new_values_are_edits = False

    def works(self, times: int) -> None:
        acts = [name for name in dir(self) if name.startswith("act_")]
        for _ in range(times):
            getattr(self, self.rng.choice(acts))()
            if self.rng.random() < 0.3:
                self.jira.clock.advance(self.rng.choice((0.001, 1.0, 3600.0)))

    def key(self) -> str:
        return str(self.rng.choice(self.jira.site.by_created).key)

    def act_edit(self) -> None:
        texts = ("plain", "", "二 \0 NUL \U0001f600", "'; DROP TABLE issue; --", "x" * 5000)
        self.change.edit(self.key(), {"summary": self.rng.choice(texts), "description": self.rng.choice(texts)})

    def act_create(self) -> None:
        self.change.create(self.rng.choice(self.projects), "New", fields={"labels": ["new"], STORY_POINTS: 3.0})

    def act_create_below(self) -> None:
        place = self.rng.choice(self.projects)
        parents = [issue.key for issue in self.jira.site.project(place).issues.values()]  # type: ignore[union-attr]
        self.change.create(place, "Below", parent=self.rng.choice(parents) if parents else None)

    def act_transition(self) -> None:
        key = self.key()
        self.change.transition(key, self.rng.choice(self.change.statuses(self.change.issue(key))).id)

    def act_label(self) -> None:
        self.change.edit(self.key(), {"labels": self.rng.sample(["a", "A", "b", "ü", "x y"], self.rng.randint(0, 3))})

    def act_versions_and_components(self) -> None:
        issue = self.change.issue(self.key())
        if issue.project.versions and issue.project.components:
            names = [version["name"] for version in issue.project.versions]
            values: dict[str, Any] = {
                "fixVersions": self.rng.sample(names, min(2, len(names))),
                "versions": [self.rng.choice(names)],
            }
            values["components"] = [self.rng.choice(issue.project.components)["name"]]
            self.change.edit(issue.key, values)

    def act_sprint(self) -> None:
        sprints = [sprint.id for project in self.jira.site.projects for sprint in project.sprints()]
        self.change.edit(self.key(), {SPRINT: self.rng.sample(sprints, self.rng.randint(0, 2)) or None})

    def act_estimate(self) -> None:
        self.change.edit(self.key(), {self.field: self.rng.choice((None, 1.0, 0.5, -3.0))})

    def act_assign(self) -> None:
        self.change.edit(self.key(), {"assignee": self.rng.choice(self.jira.site.people).account_id})

    def act_link(self) -> None:
        one, other = self.key(), self.key()
        if one != other:
            self.links.append(self.change.link(one, other, self.rng.choice(("Blocks", "Relates"))))

    def act_unlink(self) -> None:
        there = {link.id for issue in self.jira.site.issues.values() for link in self.jira.site.links_of(issue)}
        # Those of a deleted issue went with it.
        self.links = [link for link in self.links if link in there]
        if self.links:
            self.change.unlink(self.links.pop())

    def act_move(self) -> None:
        issue = self.change.issue(self.key())
        self.change.move(issue.key, self.rng.choice([key for key in self.projects if key != issue.project.key]))

    def act_parent(self) -> None:
        child, parent = self.key(), self.key()
        if child != parent:
            self.change.set_parent(child, self.rng.choice((parent, None)))

    def act_work(self) -> None:
        self.change.log_work(self.key(), 60 * self.rng.randint(1, 500))

    def act_new_field(self) -> None:
        self.field = self.change.add_field(
            "Rating", "number", {self.key(): 4.0, self.key(): 2.0}, touch=self.new_values_are_edits
        )

    def act_rename_status(self) -> None:
        self.change.rename_project(self.rng.choice(self.projects), f"Renamed {self.rng.random()}")
