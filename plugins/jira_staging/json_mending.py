"""JSON that Jira sends and that strict readers refuse, made readable without losing what it says.

Old issues hold half emoji (lone surrogates), NUL characters and documents nested thousands of levels deep. One of them must
not cost the answer that it stands in.
"""

import re

import msgspec

# Readers recurse once a level and share Python's limit of 1,000 with whoever calls them; documents of people stay below 60.
DEEPEST = 200

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)",
    re.DOTALL,
)
_HALF_OR_NUL = re.compile(rb"\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000)")
# `in` would take twice as long: the text ends like most numbers.
_NUL = re.compile(rb"\\u0000")
_CONTROL = re.compile(rb"[\x00-\x1f]")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{]|[\]}]|-?(?:NaN|Infinity)', re.DOTALL)


def needs_mending(data: bytes | msgspec.Raw) -> bool:
    """Whether it holds what readers accept and databases refuse: a NUL character (Postgres has no text with it)."""
    return _NUL.search(data) is not None


def mended(data: bytes) -> bytes:
    r"""The same JSON in a form that every reader takes.

    Lone surrogates, NUL characters and bytes that are not UTF-8 become U+FFFD, bare control characters spaces, `NaN` and
    `Infinity` strings, and a value nested deeper than `DEEPEST` levels a string that holds its JSON. JSON that was cut off
    stays cut off.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
    text = _ESCAPE.sub(_whole_characters, _CONTROL.sub(b" ", text))
    return text if _is_readable(text) else _flatter(text)


def _is_readable(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _whole_characters(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if _HALF_OR_NUL.fullmatch(escape[0]) else escape[0]


def _flatter(data: bytes) -> bytes:
    pieces: list[bytes] = []
    done = depth = begun = 0
    for token in _TOKEN.finditer(data):
        mark = token[0][:1]
        if mark in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                begun = token.start()
        elif mark in b"]}":
            depth -= 1
            if depth == DEEPEST:
                pieces += (data[done:begun], _quoted(data[begun : token.end()]))
                done = token.end()
        elif mark != b'"' and depth <= DEEPEST:
            pieces += (data[done : token.start()], _quoted(token[0]))
            done = token.end()
    return b"".join((*pieces, data[done:]))


def _quoted(json: bytes) -> bytes:
    return msgspec.json.encode(json.decode())
