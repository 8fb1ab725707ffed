"""What JQL clauses mean on a site: each becomes a function that says whether an issue fits."""

import operator as operators
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from simulated_jira import lives
from simulated_jira.clock import parse_timestamp
from simulated_jira.field_list import Field
from simulated_jira.issue import Found, Issue
from simulated_jira.jira_site import Site
from simulated_jira.jql_dates import JqlDate
from simulated_jira.jql_parsing import Call, Clause, Empty, Group, Literal, Node
from simulated_jira.people import User
from simulated_jira.projects import Project
from simulated_jira.rich_text import plain_text

Fits = Callable[[Found], bool]
Compare = Callable[[object, object], bool]

COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
ALIASES = {
    "id": "key", "issue": "key", "issuekey": "key", "type": "issuetype", "component": "components", "fixversion": "fixVersions",
    "affectedversion": "versions", "label": "labels", "due": "duedate", "resolved": "resolutiondate", "createddate": "created",
    "updateddate": "updated", "level": "security", "worktype": "issuetype", "space": "project",
}  # fmt: skip
DATE_FIELDS = {"resolutiondate", "duedate", "lastViewed", "statuscategorychangedate"}
TEXT_FIELDS = {"summary", "description", "environment", "text"}
# Fields whose values are known beforehand: a value that none of them has is an error, not an empty answer.
KNOWN_VALUES = ("status", "issuetype", "priority", "resolution", "assignee", "reporter", "creator", "statuscategory")


class JqlMeaningError(Exception):
    """The JQL is well formed but asks for what the site has not. Jira tells it only to those who signed in."""


@dataclass(frozen=True)
class Asker:
    """Who asks, and when: what dates and `currentUser()` mean. `user` is None for an anonymous caller."""

    user: User | None
    time_zone: str
    now_ms: int


def field_value(site: Site, issue: Found, field_id: str) -> object:
    """The value of a field, with those that each invented issue has for itself."""
    if field_id not in issue.body.raw and isinstance(issue, Issue) and issue.details is None:
        import msgspec

        raw = lives.own_values(site, issue).get(field_id)
        return None if raw is None else msgspec.json.decode(raw)
    return issue.body.value(field_id)


class Meaning:
    """Reads clauses for one asker. The methods raise JqlMeaningError in Jira's words."""

    def __init__(self, site: Site, asker: Asker) -> None:
        self.site = site
        self.asker = asker
        self.dates = JqlDate(asker.time_zone, asker.now_ms)

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
        name = ALIASES.get(clause.field.lower(), clause.field)
        lower = name.lower()
        if lower in ("was", "changed"):
            raise JqlMeaningError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
        if lower == "project":
            return self._project_clause(clause)
        if lower == "key":
            return self._key_clause(clause)
        if lower in ("created", "updated"):
            return self._instant_clause(clause, lower)
        if lower == "statuscategory":
            return self._category_clause(clause)
        if lower in ("parent", "epic link"):
            return self._parent_clause(clause)
        if lower == "text":
            return self._text(clause, [self._system("summary"), self._system("description")])
        return self._field_clause(clause, self.fields(clause.field))

    def _system(self, field_id: str) -> Field:
        field = self.site.field(field_id)
        assert field is not None, f"every site has {field_id}"
        return field

    def fields(self, name: str) -> list[Field]:
        """The fields that a clause name stands for: several when their names are equal."""
        wanted = name.lower()
        canonical = ALIASES.get(wanted, name).lower()
        if wanted.startswith("cf["):
            found = [f for f in self.site.fields if f.id == f"customfield_{wanted[3:-1]}"]
        else:
            found = [f for f in self.site.fields if not f.is_custom and f.id.lower() == canonical]
            found = found or [f for f in self.site.fields if f.is_custom and wanted in (f.name.lower(), f.id)]
        if not found:
            raise JqlMeaningError(f"Field '{name}' does not exist or you do not have permission to view it.")
        return found

    def _unsupported(self, clause: Clause) -> JqlMeaningError:
        return JqlMeaningError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")

    def _project_clause(self, clause: Clause) -> Fits:
        if clause.operator not in EQUALITY:
            raise self._unsupported(clause)
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
        issues = [self._issue(clause, operand) for operand in clause.operands if isinstance(operand, Literal)]
        compare = COMPARISONS.get(clause.operator)
        if compare is not None:
            # Keys are compared inside one project only, and ids as the keys they stand for.
            project_id, number = issues[0].project.id, issues[0].number
            return lambda issue: issue.project.id == project_id and compare(issue.number, number)
        if clause.operator not in EQUALITY:
            raise self._unsupported(clause)
        ids = {issue.id for issue in issues}
        return (lambda issue: issue.id in ids) if clause.operator in ("=", "in") else (lambda issue: issue.id not in ids)

    def _issue(self, clause: Clause, literal: Literal) -> Issue:
        issue = self.site.issue(literal.text)
        if issue is None or not issue.is_visible:
            if literal.text.isdigit():
                raise JqlMeaningError(f"A value with ID '{literal.text}' does not exist for the field '{clause.field}'.")
            raise JqlMeaningError(f"An issue with key '{literal.text}' does not exist for field '{clause.field}'.")
        return issue

    def _date(self, clause: Clause, operand: Literal | Call) -> int:
        at_ms = self.dates.milliseconds(operand)
        if at_ms is None and isinstance(operand, Call):
            raise JqlMeaningError(f"Unable to find JQL function '{operand.name}({', '.join(operand.arguments)})'.")
        if at_ms is None:
            raise JqlMeaningError(
                f"Date value '{operand.text if isinstance(operand, Literal) else ''}' for field '{clause.field}' is invalid. Valid formats "
                "include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        return at_ms

    def _instants(self, clause: Clause) -> list[int]:
        return [self._date(clause, operand) for operand in clause.operands if not isinstance(operand, Empty)]

    def _instant_clause(self, clause: Clause, name: str) -> Fits:
        instants = self._instants(clause)
        if not instants:
            present = clause.operator in ("is not", "!=")
            return lambda issue: present
        compare, at_ms = COMPARISONS.get(clause.operator), instants[0]
        if name == "updated" and compare is not None:
            return lambda issue: compare(issue.updated_ms, at_ms)
        if compare is not None:
            return lambda issue: compare(issue.created_ms, at_ms)
        if clause.operator not in EQUALITY:
            raise self._unsupported(clause)
        wanted, attribute = set(instants), operators.attrgetter(f"{name}_ms")
        expected = clause.operator in ("=", "in")
        return lambda issue: (attribute(issue) in wanted) == expected

    def _category_clause(self, clause: Clause) -> Fits:
        wanted = {f"category:{word}" for word in self._words(clause)}
        expected = clause.operator in ("=", "in")
        if clause.operator not in EQUALITY:
            raise self._unsupported(clause)
        return lambda issue: (not wanted.isdisjoint(issue.body.tokens("status"))) == expected

    def _parent_clause(self, clause: Clause) -> Fits:
        if clause.operator not in EQUALITY:
            raise self._unsupported(clause)
        expected = clause.operator in ("=", "in", "is")
        if any(isinstance(operand, Empty) for operand in clause.operands):
            return lambda issue: (self._parent_id(issue) is None) == expected
        ids = {self._issue(clause, operand).id for operand in clause.operands if isinstance(operand, Literal)}
        return lambda issue: (self._parent_id(issue) in ids) == expected

    def _parent_id(self, issue: Found) -> int | None:
        now = self.site.issues.get(issue.id)
        parent = None if now is None else self.site.parent_of(now)
        return None if parent is None else parent.id

    def _words(self, clause: Clause) -> set[str]:
        """The operands in lower case, functions answered."""
        found: set[str] = set()
        for operand in clause.operands:
            if isinstance(operand, Literal):
                found.add(operand.text.lower())
            elif isinstance(operand, Call):
                found |= self._call_words(operand)
        return found

    def _call_words(self, call: Call) -> Iterable[str]:
        name = call.name.lower()
        if name == "currentuser":
            return {self.asker.user.account_id.lower()} if self.asker.user else set()
        if name in ("opensprints", "closedsprints", "futuresprints"):
            state = {"open": "active"}.get(name.removesuffix("sprints"), name.removesuffix("sprints"))
            return {str(sprint.id) for project in self.site.projects for sprint in project.sprints() if sprint.state == state}
        raise JqlMeaningError(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")

    def _field_clause(self, clause: Clause, fields: list[Field]) -> Fits:
        types = {field.type for field in fields}
        if clause.operator in ("~", "!~"):
            return self._text(clause, fields)
        if types & {"date", "datetime"} and clause.operator not in ("is", "is not"):
            return self._date_field_clause(clause, fields)
        if clause.operator in COMPARISONS:
            if "number" not in types:
                raise self._unsupported(clause)
            return self._number_clause(clause, fields)
        if any(field.id in TEXT_FIELDS for field in fields) and clause.operator not in ("is", "is not"):
            raise self._unsupported(clause)
        return self._word_clause(clause, fields)

    def _word_clause(self, clause: Clause, fields: list[Field]) -> Fits:
        ids = [field.id for field in fields]
        with_empty = any(isinstance(operand, Empty) for operand in clause.operands)
        words = self._words(clause)
        if any(field.type == "number" for field in fields):
            words = {f"{float(word):g}" if _is_number(word) else word for word in words}
        if ids[0] in KNOWN_VALUES:
            self._check_known(clause, ids[0])
        expected = clause.operator in ("=", "in", "is")

        def fits(issue: Found) -> bool:
            tokens = self._tokens(issue, ids)
            if not tokens:
                # `!=` and `not in` leave out what is empty; only EMPTY itself finds it.
                return with_empty and expected
            return (not words.isdisjoint(tokens)) == expected if words else not expected

        return fits

    def _tokens(self, issue: Found, ids: list[str]) -> frozenset[str]:
        if len(ids) == 1 and ids[0] in issue.body.raw:
            return issue.body.tokens(ids[0])
        found: frozenset[str] = frozenset()
        for field_id in ids:
            value = None if field_id in issue.body.raw else field_value(self.site, issue, field_id)
            found |= issue.body.tokens(field_id) if value is None else frozenset((str(value).lower(),))
        return found

    def _check_known(self, clause: Clause, field_id: str) -> None:
        from simulated_jira.jql_values import known_words

        known = known_words(self.site, field_id)
        for operand in clause.operands:
            if isinstance(operand, Literal) and operand.text.lower() not in known:
                raise JqlMeaningError(f"The value '{operand.text}' does not exist for the field '{clause.field}'.")

    def _text(self, clause: Clause, fields: list[Field]) -> Fits:
        if any(field.id not in TEXT_FIELDS and field.type not in ("string", "any") for field in fields):
            raise self._unsupported(clause)
        words = [word for word in self._words(clause).pop().replace("*", "").split() if word]
        expected = clause.operator == "~"

        def fits(issue: Found) -> bool:
            text = " ".join(plain_text(field_value(self.site, issue, field.id)) for field in fields).lower()
            return all(word in text for word in words) == expected

        return fits

    def _number_clause(self, clause: Clause, fields: list[Field]) -> Fits:
        operand = clause.operands[0]
        if not isinstance(operand, Literal) or not _is_number(operand.text):
            raise JqlMeaningError(f"'{getattr(operand, 'text', '')}' is an invalid number for the '{clause.field}' field.")
        wanted, compare = float(operand.text), COMPARISONS[clause.operator]

        def fits(issue: Found) -> bool:
            values = (field_value(self.site, issue, field.id) for field in fields)
            return any(isinstance(value, int | float) and compare(value, wanted) for value in values)  # type: ignore[arg-type]

        return fits

    def _date_field_clause(self, clause: Clause, fields: list[Field]) -> Fits:
        instants = self._instants(clause)
        compare = COMPARISONS.get(clause.operator)

        def one_fits(value: object) -> bool:
            if not isinstance(value, str):
                return not instants and clause.operator == "="
            at_ms = parse_timestamp(value) if "T" in value else self.dates.milliseconds(Literal(value, True))
            if at_ms is None or not instants:
                return bool(not instants) and clause.operator == "!="
            if compare is not None:
                return compare(at_ms, instants[0])
            return (at_ms in instants) == (clause.operator in ("=", "in"))

        return lambda issue: any(one_fits(field_value(self.site, issue, field.id)) for field in fields)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
