import json
from typing import Any

import msgspec
import pytest

from entities.invented_issues import adf
from jira_staging.entities.rich_text import RichTexts, plain_text, readable
from jira_staging.json_mending import mended


def doc(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*texts: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text} for text in texts]}


ASKED = [
    {"type": "text", "text": "Ask "},
    {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}},
    {"type": "text", "text": " about the "},
    {"type": "text", "text": "limit", "marks": [{"type": "strong"}]},
    {"type": "text", "text": "."},
]


def read(*values: object) -> RichTexts:
    raws = [None if value is None else msgspec.Raw(json.dumps(value).encode()) for value in values]
    return readable(raws, pytest.fail)


def test_documents_become_markdown_and_wiki_markup_stays_in_their_order() -> None:
    bold = {"type": "text", "text": "loud", "marks": [{"type": "strong"}]}
    heading = {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Head"}]}
    document = doc(heading, {"type": "paragraph", "content": [bold]})
    assert read(adf("one"), None, "h1. wiki\n*two*", document) == RichTexts(
        ["one", None, "h1. wiki\n*two*", "## Head\n\n**loud**"], plain=0
    )


@pytest.mark.parametrize(
    ("node", "text"),
    [
        ({"type": "expand", "attrs": {"title": "More"}, "content": [paragraph("in")]}, "> **More**\n>\n> in"),
        ({"type": "nestedExpand", "content": [paragraph("in")]}, "> in"),
        ({"type": "layoutSection", "content": [{"type": "layoutColumn", "content": [paragraph("left")]}]}, "> > left"),
        (
            {"type": "decisionList", "content": [{"type": "decisionItem", "content": [{"type": "text", "text": "yes"}]}]},
            "- yes",
        ),
        ({"type": "decisionList", "content": [{"type": "decisionItem", "content": ASKED}]}, "- Ask @Ann about the **limit**."),
        (
            {"type": "taskList", "content": [{"type": "taskItem", "attrs": {"state": "TODO"}, "content": ASKED}]},
            "- [ ] Ask @Ann about the **limit**.",
        ),
        (
            {
                "type": "paragraph",
                "content": [{"type": "inlineCard", "attrs": {"data": {"name": "Spec", "url": "https://x/y"}}}],
            },
            "[Spec](https://x/y)",
        ),
        ({"type": "blockCard", "attrs": {"data": {"url": "https://x/y"}}}, "[https://x/y](https://x/y)"),
        ({"type": "embedCard", "attrs": {"url": "https://example.com"}}, "[https://example.com]"),
        ({"type": "mediaSingle", "content": [{"type": "media", "attrs": {"id": "1"}}]}, ""),
        ({"type": "rule"}, ""),
    ],
)
def test_no_text_is_lost_in_nodes_that_markdown_does_not_have(node: dict[str, Any], text: str) -> None:
    beside = "\n\n".join(part for part in ("before", text, "after") if part)
    assert read(doc(paragraph("before"), node, paragraph("after"))) == RichTexts([beside], plain=0)


def test_a_document_with_an_unknown_node_becomes_its_plain_text_and_is_counted() -> None:
    mention = {"type": "mention", "attrs": {"id": "5b", "text": "@Ben"}}
    unknown = {"type": "quantumWhiteboard", "content": [paragraph('say "hi"'), {"type": "paragraph", "content": [mention]}]}
    assert read(adf("fine"), doc(paragraph("a", "b"), unknown)) == RichTexts(["fine", 'ab\nsay "hi"\n@Ben'], plain=1)


def test_a_document_nested_too_deep_still_gives_its_text() -> None:
    deep = b'{"type":"blockquote","content":[' * 3_000 + json.dumps(paragraph("the bottom")).encode() + b"]}" * 3_000
    document = mended(b'{"type":"doc","version":1,"content":[%s]}' % deep)
    assert readable([msgspec.Raw(document)], pytest.fail) == RichTexts(["the bottom"], plain=1)


def test_a_document_may_be_written_over_many_lines() -> None:
    document = msgspec.Raw(json.dumps(adf("one"), indent=2).encode())
    assert readable([document, document], pytest.fail) == RichTexts(["one", "one"], plain=0)


@pytest.mark.parametrize("value", [b"5", b"true", b'["a"]'])
def test_what_is_neither_text_nor_document_is_rejected(value: bytes) -> None:
    rejected: list[tuple[int, str, str]] = []
    assert readable([None, msgspec.Raw(value)], lambda *told: rejected.append(told)) == RichTexts([None, None], plain=0)
    assert rejected == [(1, "Expected text or a document", value.decode())]


def test_plain_text_has_a_line_a_block() -> None:
    item = {"type": "listItem", "content": [paragraph("one")]}
    document = doc(
        {"type": "bulletList", "content": [item, item]}, {"type": "blockCard", "attrs": {"url": "https://x.example"}}
    )
    assert plain_text(json.dumps(document).encode()) == "one\none\nhttps://x.example"
