import msgspec
import pytest

from jira_staging.entities.decoding import NULL, Finite, Int64, PayloadDecoder
from jira_staging.errors import JiraAnswerUnusable
from jira_staging.records import RejectedRow


class Item(msgspec.Struct):
    id: Int64


class Thing(msgspec.Struct):
    id: Int64
    text: str | None = None
    number: Finite | None = None
    item: Item | None = None
    items: list[Item | None] | None = None
    raw: msgspec.Raw = NULL


@pytest.fixture
def decoder() -> PayloadDecoder[Thing]:
    return PayloadDecoder(Thing, "thing")


def test_pages_follow_each_other_and_unknown_members_are_skipped(decoder: PayloadDecoder[Thing]) -> None:
    decoded = decoder.decode([b'[{"id":"1","new":{"a":[1]}},{"id":2,"text":null}]', b"[]", b'[{"id":"3","number":"-1"}]'])
    assert decoded.payloads == [Thing(1), Thing(2), Thing(3, number=-1.0)]
    assert (decoded.rejected, decoded.damaged) == ([], {})


def test_a_part_that_does_not_fit_is_null_and_costs_one_rejected_row(decoder: PayloadDecoder[Thing]) -> None:
    decoded = decoder.decode([b'[{"id":"7","text":5,"number":"many","item":{},"items":[{"id":1},{"id":"x"}]},{"id":"8"}]'])
    assert decoded.payloads == [Thing(7, items=[Item(1), None]), Thing(8)]
    assert decoded.rejected == [
        RejectedRow("thing", "7/text", "Expected `str | null`, got `int`", "5"),
        RejectedRow("thing", "7/number", "Expected `float | null`, got `str`", '"many"'),
        RejectedRow("thing", "7/item", "Object missing required field `id`", "{}"),
        RejectedRow("thing", "7/items[1]", "Expected `int`, got `str`", '{"id":"x"}'),
    ]
    assert decoded.damaged == {0: {"text", "number", "item", "items"}}


@pytest.mark.parametrize("spelling", ["null", "NULL", "nUll"])
@pytest.mark.parametrize("filling", [0, 70_000])
def test_the_text_null_is_a_text_and_never_nothing(decoder: PayloadDecoder[Thing], spelling: str, filling: int) -> None:
    text = f'"{spelling}"'
    payload = f'{{"id":"7","text":{text},"number":{text},"item":{text},"items":[{text}],"raw":{text}}}'
    other = f'{{"id":8,"text":"{"x" * filling} null","{spelling}":{text}}}'
    decoded = decoder.decode([msgspec.Raw(f"[{payload},{other}]".encode())])
    assert decoded.payloads[0] == Thing(7, spelling, items=[None], raw=msgspec.Raw(text.encode()))
    assert decoded.payloads[1].text == "x" * filling + " null"
    assert decoded.rejected == [
        RejectedRow("thing", "7/number", "Expected `float | null`, got `str`", text),
        RejectedRow("thing", "7/item", "Expected `object | null`, got `str`", text),
        RejectedRow("thing", "7/items[0]", "Expected `object | null`, got `str`", text),
    ]


@pytest.mark.parametrize(
    ("payload", "source_id", "reason"),
    [
        (b'{"id":"x","key":"A-1"}', "x", "Expected `int`, got `str`"),
        (b'{"key":"A-1"}', "A-1", "Object missing required field `id`"),
        (b'{"id":null,"accountId":"5b"}', "5b", "Expected `int`, got `null`"),
        (b'{"id":9223372036854775808}', "9223372036854775808", "Expected `int` <= 9223372036854775807"),
        (b"5", "sha256:ef2d127de37b942b", "Expected `object`, got `int`"),
        (b"null", "sha256:74234e98afe7498f", "Expected `object`, got `null`"),
    ],
)
def test_a_payload_without_its_id_is_rejected_whole(
    decoder: PayloadDecoder[Thing], payload: bytes, source_id: str, reason: str
) -> None:
    decoded = decoder.decode([b'[{"id":1},%s,{"id":2}]' % payload])
    assert decoded.payloads == [Thing(1), Thing(2)]
    assert decoded.rejected == [RejectedRow("thing", source_id, reason, payload.decode())]


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"-Infinity", b'"NaN"', b'"Infinity"'])
def test_a_number_that_no_database_holds_is_a_rejected_part(decoder: PayloadDecoder[Thing], number: bytes) -> None:
    decoded = decoder.decode([b'[{"id":1,"text":"kept","number":%s}]' % number])
    assert decoded.payloads == [Thing(1, text="kept")]
    assert [row.source_id for row in decoded.rejected] == ["1/number"]


@pytest.mark.parametrize(
    "text", [rb'"a \ud83d b"', rb'"a \u0000 b"', b'"a \xff b"'], ids=["half an emoji", "a NUL character", "not UTF-8"]
)
def test_broken_characters_are_replaced_not_rejected(decoder: PayloadDecoder[Thing], text: bytes) -> None:
    decoded = decoder.decode([b'[{"id":1,"text":%s,"raw":[%s]}]' % (text, text)])
    assert [thing.text for thing in decoded.payloads] == ["a \ufffd b"]
    assert msgspec.json.decode(decoded.payloads[0].raw) == ["a \ufffd b"]
    assert decoded.rejected == []


def test_a_payload_nested_too_deep_keeps_everything_else(decoder: PayloadDecoder[Thing]) -> None:
    deep = b"[" * 5_000 + b"]" * 5_000
    decoded = decoder.decode([b'[{"id":1,"text":%s,"raw":%s},{"id":2,"text":"kept"}]' % (deep, deep)])
    assert [(thing.id, thing.text) for thing in decoded.payloads] == [(1, None), (2, "kept")]
    assert b"[[[" in bytes(decoded.payloads[0].raw)
    assert [row.source_id for row in decoded.rejected] == ["1/text"]


@pytest.mark.parametrize("page", [b"", b'[{"id":1', b'{"id":1}', b"<html>"])
def test_a_page_that_is_no_list_is_not_taken_for_an_empty_one(decoder: PayloadDecoder[Thing], page: bytes) -> None:
    with pytest.raises(JiraAnswerUnusable, match="not the JSON list"):
        decoder.decode([page])


SOUND = b'[{"id":"1","text":"a"},{"id":2}]'
PAGES_OF_EVERY_KIND = [
    SOUND,
    b"[]",
    b'[{"id":"3","number":"NULL"}]',
    b'[{"id":"4","text":"\\u0000"}]',
    b'[{"id":"5","text":"\xff"}]',
    b'[{"id":"x"},{"id":"6"}]',
    b'[{"id":"7","raw":' + b"[" * 300 + b"]" * 300 + b"}]",
    b'[{"id":"8","text":"' + b"x" * 60_000 + b'"}]',
]


@pytest.mark.parametrize("fault", PAGES_OF_EVERY_KIND)
def test_pages_read_together_give_what_each_gives_by_itself(decoder: PayloadDecoder[Thing], fault: bytes) -> None:
    for pages in ([fault], [SOUND, fault, SOUND], [fault] * 3, [SOUND] * 5_000 + [fault], []):
        raws = [msgspec.Raw(page) for page in pages]
        assert decoder.decode_each(raws) == [decoder.decode([raw]) for raw in raws]


def test_what_is_no_list_is_unusable_among_sound_pages_too(decoder: PayloadDecoder[Thing]) -> None:
    with pytest.raises(JiraAnswerUnusable, match="not the JSON list"):
        decoder.decode_each([msgspec.Raw(SOUND), msgspec.Raw(b'{"id":1}')])


def test_small_pages_are_read_together(decoder: PayloadDecoder[Thing], monkeypatch: pytest.MonkeyPatch) -> None:
    def read_apart(_self: object, _pages: object) -> None:
        raise AssertionError("read apart")

    monkeypatch.setattr(PayloadDecoder, "decode", read_apart)
    decoded = decoder.decode_each([msgspec.Raw(SOUND)] * 10_000)
    assert [len(one.payloads) for one in decoded] == [2] * 10_000
