"""Atlassian documents (ADF), from one plain paragraph to the shapes that break readers."""

import random
from typing import Any

from simulated_jira import words

Node = dict[str, Any]


def text(value: str, *marks: str) -> Node:
    node: Node = {"type": "text", "text": value}
    if marks:
        node["marks"] = [{"type": mark} for mark in marks]
    return node


def paragraph(*content: Node) -> Node:
    return {"type": "paragraph", "content": list(content)}


def document(*content: Node) -> Node:
    return {"type": "doc", "version": 1, "content": list(content)}


def plain(value: str) -> Node:
    """A document of one paragraph."""
    return document(paragraph(text(value)))


def plain_text(node: Any) -> str:
    """All text of a document, a line a block; what Jira writes into a changelog for it."""
    if not isinstance(node, dict):
        return node if isinstance(node, str) else ""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    separator = "" if node.get("type") in ("paragraph", "heading") else "\n"
    return separator.join(filter(None, (plain_text(child) for child in node.get("content", []))))


def _list(kind: str, *items: list[Node]) -> Node:
    return {"type": kind, "content": [{"type": "listItem", "content": item} for item in items]}


def _table(rng: random.Random) -> Node:
    header = [{"type": "tableHeader", "attrs": {}, "content": [paragraph(text(name, "strong"))]} for name in ("Case", "Result")]
    cells = [
        [{"type": "tableCell", "attrs": {}, "content": [paragraph(text(value))]} for value in (words.sentence(rng), "a | b")]
        for _ in range(2)
    ]
    rows = [{"type": "tableRow", "content": row} for row in (header, *cells)]
    return {"type": "table", "attrs": {"isNumberColumnEnabled": False, "layout": "default"}, "content": rows}


def _panel(rng: random.Random) -> Node:
    return {"type": "panel", "attrs": {"panelType": "warning"}, "content": [paragraph(text(words.sentence(rng)))]}


def _tasks(rng: random.Random) -> Node:
    items = [
        {"type": "taskItem", "attrs": {"localId": f"task-{n}", "state": state}, "content": [text(words.sentence(rng))]}
        for n, state in enumerate(("TODO", "DONE"))
    ]
    return {"type": "taskList", "attrs": {"localId": "tasks"}, "content": items}


def _nested_lists(rng: random.Random) -> Node:
    inner = _list("orderedList", [paragraph(text(words.sentence(rng)))], [paragraph(text("second", "em"))])
    return _list("bulletList", [paragraph(text(words.sentence(rng))), inner], [paragraph(text("last", "code"))])


def _unknown(rng: random.Random) -> Node:
    # Atlassian adds node types without notice, and readers meet them in old issues first.
    return {
        "type": "quantumWhiteboard",
        "attrs": {"id": words.hexadecimal(rng, 8)},
        "content": [paragraph(text(words.sentence(rng)))],
    }


def mention(account_id: str, name: str) -> Node:
    return {"type": "mention", "attrs": {"id": account_id, "text": f"@{name}", "accessLevel": ""}}


def _code(rng: random.Random) -> Node:
    return {
        "type": "codeBlock",
        "attrs": {"language": "python"},
        "content": [text("if a < b and c:\n\traise ValueError('```')")],
    }


def _rest(rng: random.Random) -> Node:
    link: Node = text("the dashboard")
    link["marks"] = [{"type": "link", "attrs": {"href": "https://example.com/d?x=1&y=2"}}, {"type": "strike"}]
    emoji = {"type": "emoji", "attrs": {"shortName": ":grinning:", "id": "1f600", "text": "😀"}}
    card = {"type": "inlineCard", "attrs": {"url": "https://example.com/browse/PAY-1"}}
    status = {"type": "status", "attrs": {"text": "IN REVIEW", "color": "blue", "localId": "s"}}
    when = {"type": "date", "attrs": {"timestamp": "1767225600000"}}
    return paragraph(link, {"type": "hardBreak"}, emoji, text(" "), card, status, when)


def _media(rng: random.Random) -> Node:
    media = {
        "type": "media",
        "attrs": {"id": words.uuid(rng), "type": "file", "collection": "", "width": 686, "height": 300},
    }
    return {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]}


def _heading(rng: random.Random) -> Node:
    return {"type": "heading", "attrs": {"level": rng.randint(1, 4)}, "content": [text(words.summary(rng))]}


BLOCKS = (_panel, _table, _tasks, _nested_lists, _code, _rest, _media, _heading)


def invented(rng: random.Random, *, size: int, mention_of: tuple[str, str]) -> Node:
    """A document of about `size` bytes of JSON: sentences, a mention, some blocks, now and then an unknown node."""
    content = [paragraph(text(words.sentence(rng)), text(" "), mention(*mention_of))]
    if rng.random() < 0.03:
        content.append(_unknown(rng))
    left = size - 250
    while left > 0:
        if left > 900 and rng.random() < 0.4:
            content.append(rng.choice(BLOCKS)(rng))
            left -= 500
        else:
            content.append(paragraph(text(" ".join(words.sentence(rng) for _ in range(4)))))
            left -= 270
    return document(*content)


def deep(levels: int) -> bytes:
    """The JSON of a document nested so deep that a recursive reader fails."""
    return b'{"type":"doc","version":1,"content":[' + b'{"type":"blockquote","content":[' * levels + b"]}" * levels + b"]}"


def huge(size: int) -> bytes:
    """The JSON of a document with `size` bytes of text."""
    return (
        b'{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"' + b"x" * size + b'"}]}]}'
    )


LONE_SURROGATE = (
    b'{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"half \\ud83d an emoji"}]}]}'
)
NUL_CHARACTER = b'{"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"a \\u0000 b"}]}]}'
