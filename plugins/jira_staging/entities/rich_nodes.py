"""Nodes of rich text that pyadf does not know, drops or tears apart: made into the nearest that it renders whole."""

from collections.abc import Callable
from typing import Any

import msgspec

Node = dict[str, Any]
_BLOCKS = frozenset(("paragraph", "heading", "bulletList", "orderedList", "taskList", "codeBlock", "blockquote", "table"))
_NEAREST = {
    "layoutSection": "blockquote",
    "layoutColumn": "blockquote",
    "bodiedExtension": "blockquote",
    "decisionList": "bulletList",
    "caption": "paragraph",
    "embedCard": "blockCard",
}


def in_known_nodes(document: bytes) -> bytes:
    """The document's JSON with such nodes replaced; as it is where it is no JSON, or nested deeper than can be followed."""
    try:
        return msgspec.json.encode(_known(msgspec.json.decode(document)))
    except (msgspec.DecodeError, RecursionError):
        return document


def _known(value: Any) -> Any:
    if isinstance(value, list):
        return [_known(one) for one in value]
    if not isinstance(value, dict):
        return value
    node = {name: _known(held) if name == "content" else held for name, held in value.items()}
    kind = node.get("type")
    make = _MADE.get(kind) if isinstance(kind, str) else None
    return make(node) if make else node


def _renamed(node: Node) -> Node:
    return node | {"type": _NEAREST[node["type"]]}


def _expand(node: Node) -> Node:
    title = _attributes(node).get("title")
    head = [_paragraph([_text(title, "strong")])] if isinstance(title, str) and title else []
    return {"type": "blockquote", "content": head + _content(node)}


def _item(node: Node) -> Node:
    """Its words may lie in it without a paragraph, which pyadf would make of each alone."""
    content = _content(node)
    if content and not any(isinstance(one, dict) and one.get("type") in _BLOCKS for one in content):
        content = [_paragraph(content)]
    return node | {"type": "listItem" if node["type"] == "decisionItem" else node["type"], "content": content}


def _card(node: Node) -> Node:
    """A link that shows what it leads to; with `data` in place of an address it is told as a link with that name."""
    data = _attributes(node).get("data")
    if not isinstance(data, dict):
        return node
    url, name = (value if isinstance(value, str) else "" for value in (data.get("url"), data.get("name")))
    link = [{"type": "link", "attrs": {"href": url}}] if url else []
    text = _text(name or url) | {"marks": link}
    return text if node["type"] == "inlineCard" else _paragraph([text])


def _attributes(node: Node) -> Node:
    held = node.get("attrs")
    return held if isinstance(held, dict) else {}


def _content(node: Node) -> list[Any]:
    held = node.get("content")
    return held if isinstance(held, list) else []


def _text(text: str, *marks: str) -> Node:
    return {"type": "text", "text": text, "marks": [{"type": mark} for mark in marks]}


def _paragraph(content: list[Any]) -> Node:
    return {"type": "paragraph", "content": content}


_MADE: dict[str, Callable[[Node], Node]] = {
    **dict.fromkeys(_NEAREST, _renamed),
    "expand": _expand,
    "nestedExpand": _expand,
    "taskItem": _item,
    "decisionItem": _item,
    "inlineCard": _card,
    "blockCard": _card,
}
