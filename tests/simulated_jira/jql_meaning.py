"""What JQL clauses mean on a site: each becomes a function that says whether an issue fits."""

import operator as operators
from collections.abc import Iterator
from functools import cached_property

from simulated_jira.issue import Found, Issue
from simulated_jira.jira_site import Site
from simulated_jira.jql_fields import ALIASES, COMPARISONS, EQUALITY, Asker, FieldMeaning, Fits, JqlMeaningError
from simulated_jira.jql_parsing import Clause, Empty, Group, Literal, Node
from simulated_jira.projects import Project


class Meaning:
    """Reads clauses for one asker. The methods raise JqlMeaningError in Jira's words."""

    def __init__(self, site: Site, asker: Asker) -> None:
        self.site = site
        self.fields = FieldMeaning(site, asker)

    @cached_property
    def _projects(self) -> dict[str, Project]:
        # By name first: keys and ids win over the names of other projects.
        found = {project.name.lower(): project for project in self.site.projects}
        for project in self.site.projects:
            found |= {former.lower(): project for former in project.former_keys}
        found |= {project.key.lower(): project for project in self.site.projects}
        return found | {project.id: project for project in self.site.projects}

    def fits(self, node: Node | None) -> Fits:
        if node is None:
            return lambda issue: True
        if isinstance(node, Clause):
            return self._clause(node)
        members = [self.fits(member) for member in node.members]
        if node.operator == "not":
            only = members[0]
            return lambda issue: not only(issue)
        if len(members) == 2:
            # The commonest query has two clauses, and a million issues ask it.
            first, second = members
            return (lambda i: first(i) and second(i)) if node.operator == "and" else (lambda i: first(i) or second(i))
        if node.operator == "and":
            return lambda issue: all(member(issue) for member in members)
        return lambda issue: any(member(issue) for member in members)

    def projects_of(self, node: Node | None) -> set[str] | None:
        """Ids of the projects that the query restricts itself to; None when it does not."""
        if isinstance(node, Clause) and node.field.lower() == "project" and node.operator in ("=", "in"):
            return {self._project(operand).id for operand in node.operands if isinstance(operand, Literal)}
        if isinstance(node, Group) and node.operator == "and":
            found = [ids for member in node.members if (ids := self.projects_of(member)) is not None]
            return set.intersection(*found) if found else None
        return None

    def _project(self, literal: Literal) -> Project:
        project = self._projects.get(literal.text.lower())
        if project is None or project.hidden or project.gone == "deleted":
            raise JqlMeaningError(f"The value '{literal.text}' does not exist for the field 'project'.")
        return project

    def _clause(self, clause: Clause) -> Fits:
        name = ALIASES.get(clause.field.lower(), clause.field).lower()
        special = {
            "project": self._project_clause,
            "filter": self._filter_clause,
            "key": self._key_clause,
            "created": self._instant_clause,
            "updated": self._instant_clause,
            "statuscategory": self._category_clause,
            "parent": self._parent_clause,
            "epic link": self._parent_clause,
        }
        if name in special:
            return special[name](clause)
        if name == "text":
            return self.fields.text(clause, [self.fields.system("summary"), self.fields.system("description")])
        return self.fields.clause(clause, self.fields.named(clause.field))

    def _filter_clause(self, clause: Clause) -> Fits:
        """Each board's filter selects its project; others have none."""
        boards = {str(10000 + board.id): project.id for project in self.site.projects for board in project.boards}
        (asked,) = (operand.text for operand in clause.operands if isinstance(operand, Literal))
        if clause.operator != "=" or asked not in boards:
            raise JqlMeaningError(f"The value '{asked}' does not exist for the field 'filter'.")
        return lambda issue: issue.project.id == boards[asked]

    def _project_clause(self, clause: Clause) -> Fits:
        if clause.operator not in EQUALITY:
            raise self.fields.unsupported(clause)
        if any(isinstance(operand, Empty) for operand in clause.operands):
            present = clause.operator in ("is not", "!=")
            return lambda issue: present
        ids = {self._project(operand).id for operand in clause.operands if isinstance(operand, Literal)}
        if clause.operator in ("=", "in"):
            return lambda issue: issue.project.id in ids
        return lambda issue: issue.project.id not in ids

    def _key_clause(self, clause: Clause) -> Fits:
        if any(isinstance(operand, Empty) for operand in clause.operands):
            present = clause.operator in ("is not", "!=")
            return lambda issue: present
        issues = list(self._issues(clause))
        compare = COMPARISONS.get(clause.operator)
        if compare is not None:
            # Keys are compared inside one project only, and ids as the keys they stand for.
            project_id, number = issues[0].project.id, issues[0].number
            return lambda issue: issue.project.id == project_id and compare(issue.number, number)
        if clause.operator not in EQUALITY:
            raise self.fields.unsupported(clause)
        ids = {issue.id for issue in issues}
        return (lambda issue: issue.id in ids) if clause.operator in ("=", "in") else (lambda issue: issue.id not in ids)

    def _issues(self, clause: Clause) -> Iterator[Issue]:
        for operand in clause.operands:
            try:
                if isinstance(operand, Literal):
                    yield self._issue(clause, operand)
            except JqlMeaningError:
                if not self.fields.asker.lenient:
                    raise

    def _issue(self, clause: Clause, literal: Literal) -> Issue:
        issue = self.site.issue(literal.text)
        if issue is None or not issue.is_visible:
            if literal.text.isdigit():
                raise JqlMeaningError(f"A value with ID '{literal.text}' does not exist for the field '{clause.field}'.")
            raise JqlMeaningError(f"An issue with key '{literal.text}' does not exist for field '{clause.field}'.")
        return issue

    def _instant_clause(self, clause: Clause) -> Fits:
        name = "updated" if clause.field.lower().startswith("updated") else "created"
        instants = self.fields.instants(clause)
        if not instants:
            present = clause.operator in ("is not", "!=")
            return lambda issue: present
        compare, at_ms = COMPARISONS.get(clause.operator), instants[0]
        if name == "updated" and compare is not None:
            return lambda issue: compare(issue.updated_ms, at_ms)
        if compare is not None:
            return lambda issue: compare(issue.created_ms, at_ms)
        if clause.operator not in EQUALITY:
            raise self.fields.unsupported(clause)
        wanted, attribute = set(instants), operators.attrgetter(f"{name}_ms")
        expected = clause.operator in ("=", "in")
        return lambda issue: (attribute(issue) in wanted) == expected

    def _category_clause(self, clause: Clause) -> Fits:
        wanted = {f"category:{word}" for word in self.fields.words(clause)}
        expected = clause.operator in ("=", "in")
        if clause.operator not in EQUALITY:
            raise self.fields.unsupported(clause)
        return lambda issue: (not wanted.isdisjoint(issue.body.tokens("status"))) == expected

    def _parent_clause(self, clause: Clause) -> Fits:
        if clause.operator not in EQUALITY:
            raise self.fields.unsupported(clause)
        expected = clause.operator in ("=", "in", "is")
        if any(isinstance(operand, Empty) for operand in clause.operands):
            return lambda issue: (self._parent_id(issue) is None) == expected
        ids = {self._issue(clause, operand).id for operand in clause.operands if isinstance(operand, Literal)}
        return lambda issue: (self._parent_id(issue) in ids) == expected

    def _parent_id(self, issue: Found) -> int | None:
        now = self.site.issues.get(issue.id)
        parent = None if now is None else self.site.parent_of(now)
        return None if parent is None else parent.id
