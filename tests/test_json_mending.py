import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_staging.json_mending import DEEPEST, mended, needs_mending


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (rb'["half \ud83d an emoji"]', ["half \ufffd an emoji"]),
        (rb'["the other half \ude00"]', ["the other half \ufffd"]),
        (rb'["two halves \ud83d\ud83d\ude00"]', ["two halves \ufffd😀"]),
        (rb'["whole \ud83d\ude00"]', ["whole 😀"]),
        (rb'["only spelled \\ud83d"]', [r"only spelled \ud83d"]),
        (rb'["a \u0000 b"]', ["a \ufffd b"]),
        (rb'["only spelled \\u0000"]', [r"only spelled \u0000"]),
        (b'["not \xff UTF-8"]', ["not \ufffd UTF-8"]),
        (b'["a bare \x01 control"]', ["a bare   control"]),
        (b'\xef\xbb\xbf["after a byte order mark"]', ["after a byte order mark"]),
        (b'{"n": NaN, "i": [Infinity, -Infinity], "t": "NaN"}', {"n": "NaN", "i": ["Infinity", "-Infinity"], "t": "NaN"}),
    ],
)
def test_what_readers_refuse_is_made_readable(sent: bytes, meant: object) -> None:
    assert msgspec.json.decode(mended(sent)) == meant


def test_a_value_nested_too_deep_becomes_a_string_of_its_json() -> None:
    deep = b"[" * 100_000 + b'"bottom"' + b"]" * 100_000
    read = msgspec.json.decode(mended(b'{"beside": "[{", "deep": %s, "after": [1]}' % deep))
    assert read["beside"] == "[{"
    assert read["after"] == [1]
    level = read["deep"]
    for _ in range(DEEPEST - 1):
        (level,) = level
    assert level == deep[DEEPEST - 1 : -(DEEPEST - 1)].decode()


def test_json_that_was_cut_off_stays_cut_off() -> None:
    assert mended(b'[{"id": "10') == b'[{"id": "10'


def test_a_nul_character_is_noticed_although_readers_accept_it() -> None:
    assert needs_mending(rb'["a \u0000 b"]')
    assert not needs_mending(b'["a b"]')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_mending_changes_nothing_but_halves_and_nul(value: object) -> None:
    sent = json.dumps(value)
    read = json.loads(mended(sent.encode()))
    meant = json.loads(sent.replace("\\u0000", "\\ufffd")) if "\\\\u0000" not in sent else None
    assert meant is None or read == meant
