"""JQL as a row of words: names, quoted texts, symbols."""

import re
from dataclasses import dataclass

_RESERVED_TEXT = """
abort access add after alias all alter and any as asc audit avg before begin between boolean break by byte catch cf char
character check checkpoint collate collation column commit connect continue count create current date decimal declare
decrement default defaults define delete delimiter desc difference distinct divide do double drop else empty encoding
end equals escape exclusive exec execute exists explain false fetch field file first float for from function go goto
grant greater group having identified if immediate in increment index initial inner inout input insert int integer
intersect intersection into is isempty isnull join last left less like limit lock long max min minus mode modify modulo
more multiply next noaudit not notin nowait null number object of on option or order outer output power previous prior
privileges public raise raw remainder rename resource return returns revoke right row rowid rownum rows select session
set share size sqrt start strict string subtract sum synonym table then to trans transaction trigger true uid union
unique update user validate values view when whenever where while with
"""
RESERVED = frozenset(_RESERVED_TEXT.split())

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<open>["'])|(?P<symbol><=|>=|!=|!~|&&|\|\||[=<>~!(),&|\[\]])|(?P<word>[^\s"'=<>~!(),&|\[\]]+)|(?P<end>$))""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


class JqlSyntaxError(Exception):
    """The text is no JQL. The message is Jira's."""


@dataclass(frozen=True, slots=True)
class Word:
    """`kind` is word, quoted, symbol or end; `position` counts characters from 0."""

    kind: str
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words

    def is_symbol(self, *symbols: str) -> bool:
        return self.kind == "symbol" and self.text in symbols


def tokens(jql: str) -> list[Word]:
    found, position = [], 0
    while True:
        match = _TOKEN.match(jql, position)
        assert match is not None, "every character starts some token"
        kind = match.lastgroup or "end"
        start = match.start(kind)
        text = match.group(kind)
        if kind == "open":
            rest = jql[start + 1 :]
            raise JqlSyntaxError(
                f"Error in the JQL Query: The quoted string '{rest}' has not been completed. (line 1, character {start + 1})"
            )
        if kind == "quoted":
            text = _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), text[1:-1])
        found.append(Word(kind, text, start))
        if kind == "end":
            return found
        position = match.end()
