"""JQL clauses on fields of an issue: words, numbers, dates and texts."""

import operator as operators
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from simulated_jira import lives
from simulated_jira.clock import parse_timestamp
from simulated_jira.field_list import Field
from simulated_jira.issue import Found, Issue
from simulated_jira.jira_site import Site
from simulated_jira.jql_dates import JqlDate
from simulated_jira.jql_parsing import Call, Clause, Empty, Literal
from simulated_jira.jql_values import known_words
from simulated_jira.people import User
from simulated_jira.rich_text import plain_text

Fits = Callable[[Found], bool]

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
TEXT_FIELDS = {"summary", "description", "environment", "text"}
# Fields whose values are known beforehand: a value that none of them has is an error, not an empty answer.
KNOWN_VALUES = ("status", "issuetype", "priority", "resolution", "assignee", "reporter", "creator", "statuscategory")


class JqlMeaningError(Exception):
    """The JQL is well formed but asks for what the site has not. Jira tells it only to those who signed in."""


@dataclass(frozen=True)
class Asker:
    """Who asks, and when: what dates and `currentUser()` mean. `user` is None for an anonymous caller.

    `in_minutes`: dates are words of minutes only, as Data Center takes them. `lenient`: what is not there is passed over.
    """

    user: User | None
    time_zone: str
    now_ms: int
    in_minutes: bool = False
    lenient: bool = False


def field_value(site: Site, issue: Found, field_id: str) -> object:
    """The value of a field, with those that each invented issue has for itself."""
    if field_id not in issue.body.raw and isinstance(issue, Issue) and issue.details is None:
        raw = lives.own_values(site, issue).get(field_id)
        return None if raw is None else msgspec.json.decode(raw)
    return issue.body.value(field_id)


class FieldMeaning:
    """Clauses on any field but the few that every issue keeps apart. The methods raise JqlMeaningError in Jira's words."""

    def __init__(self, site: Site, asker: Asker) -> None:
        self.site = site
        self.asker = asker
        self.dates = JqlDate(asker.time_zone, asker.now_ms, in_minutes=asker.in_minutes)

    def system(self, field_id: str) -> Field:
        field = self.site.field(field_id)
        assert field is not None, f"every site has {field_id}"
        return field

    def named(self, name: str) -> list[Field]:
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

    def unsupported(self, clause: Clause) -> JqlMeaningError:
        return JqlMeaningError(f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.")

    def _date(self, clause: Clause, operand: Literal | Call) -> int:
        at_ms = self.dates.milliseconds(operand)
        if at_ms is None and isinstance(operand, Call):
            raise JqlMeaningError(f"Unable to find JQL function '{operand.name}({', '.join(operand.arguments)})'.")
        if at_ms is None:
            text = operand.text if isinstance(operand, Literal) else ""
            raise JqlMeaningError(
                f"Date value '{text}' for field '{clause.field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        return at_ms

    def instants(self, clause: Clause) -> list[int]:
        return [self._date(clause, operand) for operand in clause.operands if not isinstance(operand, Empty)]

    def words(self, clause: Clause) -> set[str]:
        """The operands in lower case, functions answered."""
        found: set[str] = set()
        for operand in clause.operands:
            if isinstance(operand, Literal):
                found.add(operand.text.lower())
            elif isinstance(operand, Call):
                found |= self._call_words(operand)
        return found

    def _call_words(self, call: Call) -> set[str]:
        name = call.name.lower()
        if name == "currentuser":
            return {self.asker.user.account_id.lower()} if self.asker.user else set()
        if name in ("opensprints", "closedsprints", "futuresprints"):
            state = {"open": "active"}.get(name.removesuffix("sprints"), name.removesuffix("sprints"))
            return {str(sprint.id) for project in self.site.projects for sprint in project.sprints() if sprint.state == state}
        raise JqlMeaningError(f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")

    def clause(self, clause: Clause, fields: list[Field]) -> Fits:
        types = {field.type for field in fields}
        if clause.operator in ("~", "!~"):
            return self.text(clause, fields)
        if types & {"date", "datetime"} and clause.operator not in ("is", "is not"):
            return self._date_field_clause(clause, fields)
        if clause.operator in COMPARISONS:
            if "number" not in types:
                raise self.unsupported(clause)
            return self._number_clause(clause, fields)
        if any(field.id in TEXT_FIELDS for field in fields) and clause.operator not in ("is", "is not"):
            raise self.unsupported(clause)
        return self._word_clause(clause, fields)

    def _word_clause(self, clause: Clause, fields: list[Field]) -> Fits:
        ids = [field.id for field in fields]
        with_empty = any(isinstance(operand, Empty) for operand in clause.operands)
        words = self.words(clause)
        if any(field.type == "number" for field in fields):
            words = {f"{float(word):g}" if _is_number(word) else word for word in words}
        if ids[0] in KNOWN_VALUES:
            self._check_known(clause, ids[0])
        # `resolution = Unresolved` is the other way to say EMPTY.
        with_empty |= ids[0] == "resolution" and "unresolved" in words
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
        known = known_words(self.site, field_id)
        for operand in clause.operands:
            if isinstance(operand, Literal) and operand.text.lower() not in known:
                raise JqlMeaningError(f"The value '{operand.text}' does not exist for the field '{clause.field}'.")

    def text(self, clause: Clause, fields: list[Field]) -> Fits:
        if any(field.id not in TEXT_FIELDS and field.type not in ("string", "any") for field in fields):
            raise self.unsupported(clause)
        words = [word for word in self.words(clause).pop().replace("*", "").split() if word]
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
        instants = self.instants(clause)
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
