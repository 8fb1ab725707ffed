"""JQL as text, turned into clauses. What the words mean is for `jql_meaning`."""

from collections.abc import Callable
from dataclasses import dataclass

from simulated_jira.jql_words import RESERVED, JqlSyntaxError, Word, tokens

MOST_ORDER_FIELDS = 7


@dataclass(frozen=True, slots=True)
class Literal:
    text: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function such as `currentUser()`."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """`EMPTY` or `NULL`."""


Operand = Literal | Call | Empty


@dataclass(frozen=True, slots=True)
class Clause:
    """`operator` in lower case; `is`, `in` and their opposites among them."""

    field: str
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """`operator` is and, or, not."""

    operator: str
    members: "tuple[Node, ...]"


Node = Clause | Group


@dataclass(frozen=True, slots=True)
class Query:
    """`where` is None for a query without restriction. `order` has field names and whether each is descending."""

    where: Node | None
    order: tuple[tuple[str, bool], ...]


class _Parser:
    def __init__(self, jql: str) -> None:
        self.words = tokens(jql)
        self.at = 0

    @property
    def here(self) -> Word:
        return self.words[self.at]

    def take(self) -> Word:
        word = self.here
        self.at += word.kind != "end"
        return word

    def fail(self, expected: str) -> JqlSyntaxError:
        got = "the end of the query" if self.here.kind == "end" else f"'{self.here.text}'"
        return JqlSyntaxError(
            f"Error in the JQL Query: Expecting {expected} but got {got}. (line 1, character {self.here.position + 1})"
        )

    def query(self) -> Query:
        where = None if self.here.kind == "end" or self.here.is_word("order") else self.any_of()
        order: tuple[tuple[str, bool], ...] = ()
        if self.here.is_word("order"):
            self.take()
            if not self.take().is_word("by"):
                raise self.fail("'BY'")
            order = tuple(self.order())
        if self.here.kind != "end":
            raise self.fail("either 'OR' or 'AND'")
        return Query(where, order)

    def order(self) -> list[tuple[str, bool]]:
        found = []
        while True:
            name = self.field_name()
            descending = self.here.is_word("desc")
            if self.here.is_word("asc", "desc"):
                self.take()
            found.append((name, descending))
            if not self.here.is_symbol(","):
                break
            self.take()
        if len(found) > MOST_ORDER_FIELDS:
            raise JqlSyntaxError(
                f"Error in the JQL Query: ORDER BY takes at most {MOST_ORDER_FIELDS} fields, not {len(found)}."
            )
        return found

    def any_of(self) -> Node:
        return self._chain("or", ("|", "||"), self.all_of)

    def all_of(self) -> Node:
        return self._chain("and", ("&", "&&"), self.one)

    def _chain(self, name: str, symbols: tuple[str, ...], member: Callable[[], Node]) -> Node:
        members = [member()]
        while self.here.is_word(name) or self.here.is_symbol(*symbols):
            self.take()
            members.append(member())
        return members[0] if len(members) == 1 else Group(name, tuple(members))

    def one(self) -> Node:
        if self.here.is_word("not") or self.here.is_symbol("!"):
            self.take()
            return Group("not", (self.one(),))
        if self.here.is_symbol("("):
            self.take()
            inside = self.any_of()
            if not self.take().is_symbol(")"):
                self.at -= self.words[self.at].kind != "end"
                raise self.fail("')'")
            return inside
        return self.clause()

    def field_name(self) -> str:
        word = self.here
        if word.is_word("cf") and self.words[self.at + 1].is_symbol("["):
            number = self.words[self.at + 2].text
            self.at += 4
            return f"cf[{number}]"
        if word.kind not in ("word", "quoted"):
            raise self.fail("a field name")
        if word.kind == "word" and word.text.lower() in RESERVED:
            raise self._reserved(word)
        return self.take().text

    def _reserved(self, word: Word) -> JqlSyntaxError:
        return JqlSyntaxError(
            f"Error in the JQL Query: '{word.text}' is a reserved JQL word. You must surround it in quotation marks to use it "
            f"in a query. (line 1, character {word.position + 1})"
        )

    def clause(self) -> Clause:
        name = self.field_name()
        operator = self.operator()
        if operator not in ("in", "not in"):
            return Clause(name, operator, (self.operand(),))
        if not self.here.is_symbol("("):
            return Clause(name, operator, (self.operand(),))
        self.take()
        operands = [self.operand()]
        while self.here.is_symbol(","):
            self.take()
            operands.append(self.operand())
        if not self.here.is_symbol(")"):
            raise self.fail("')' or ','")
        self.take()
        return Clause(name, operator, tuple(operands))

    def operator(self) -> str:
        if self.here.is_symbol("=", "!=", "<", "<=", ">", ">=", "~", "!~"):
            return self.take().text
        if self.here.is_word("in", "is", "not"):
            first = self.take().text.lower()
            second = "in" if first == "not" else "not"
            if first != "in" and self.here.is_word(second):
                self.take()
                return f"{first} {second}"
            if first != "not":
                return first
        raise self.fail("operator")

    def operand(self) -> Operand:
        word = self.here
        if word.kind == "quoted":
            self.take()
            return Literal(word.text, True)
        if word.kind != "word":
            raise self.fail("either a value, list or function")
        if word.is_word("empty", "null"):
            self.take()
            return Empty()
        if self.words[self.at + 1].is_symbol("("):
            return self.call()
        if word.text.lower() in RESERVED:
            raise self._reserved(word)
        self.take()
        # Plain words may follow each other: `status = In Progress` is an error, and so is a second word here.
        return Literal(word.text, False)

    def call(self) -> Call:
        name = self.take().text
        self.take()
        arguments = []
        while not self.here.is_symbol(")"):
            if self.here.kind not in ("word", "quoted"):
                raise self.fail("')'")
            arguments.append(self.take().text)
            if self.here.is_symbol(","):
                self.take()
        self.take()
        return Call(name, tuple(arguments))


def parse(jql: str) -> Query:
    """The query's clauses and order; JqlSyntaxError in Jira's words for anything else."""
    return _Parser(jql).query()
