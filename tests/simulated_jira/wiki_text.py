"""Atlassian documents as Data Center's wiki markup."""

from typing import Any

Node = dict[str, Any]
MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
BLOCKS = ("paragraph", "heading", "codeBlock", "panel", "blockquote", "bulletList", "orderedList", "taskList", "table")


def wiki_text(document: Node) -> str:
    return "\n\n".join(filter(None, (_block(node) for node in document.get("content", []))))


def _block(node: Node, bullets: str = "") -> str:
    kind = node.get("type")
    if kind == "heading":
        return f"h{node['attrs']['level']}. {_inline(node)}"
    if kind == "codeBlock":
        return f"{{code:{node['attrs']['language']}}}\n{_inline(node)}\n{{code}}"
    if kind == "panel":
        return f"{{panel}}\n{wiki_text(node)}\n{{panel}}"
    if kind in ("bulletList", "orderedList", "taskList"):
        sign = bullets + ("#" if kind == "orderedList" else "*")
        return "\n".join(_item(item, sign) for item in node.get("content", []))
    if kind == "table":
        return "\n".join(_row(row) for row in node.get("content", []))
    inner = node.get("content", [])
    return wiki_text(node) if any(part.get("type") in BLOCKS for part in inner) else _inline(node)


def _item(item: Node, sign: str) -> str:
    if item.get("type") == "taskItem":
        return f"{sign} {_inline(item)}"
    blocks = item.get("content", [])
    lines = [_block(part, sign) if part.get("type", "").endswith("List") else f"{sign} {_block(part)}" for part in blocks]
    return "\n".join(lines)


def _row(row: Node) -> str:
    line = ""
    for cell in row.get("content", []):
        bar = "||" if cell.get("type") == "tableHeader" else "|"
        line += f"{bar}{wiki_text(cell)}"
    return f"{line}{bar}" if line else ""


def _inline(node: Node) -> str:
    return "".join(_part(part) for part in node.get("content", []))


def _part(part: Node) -> str:
    attributes = part.get("attrs", {})
    kind = part.get("type")
    if kind == "text":
        return _marked(part)
    if kind == "mention":
        return f"[~{attributes['id'].lower().replace('jirauser', 'user')}]"
    if kind == "hardBreak":
        return "\n"
    if kind == "inlineCard":
        return f"[{attributes['url']}]"
    return str(attributes.get("text", attributes.get("timestamp", "")))


def _marked(part: Node) -> str:
    text = str(part.get("text", ""))
    for mark in part.get("marks", []):
        if mark["type"] == "link":
            text = f"[{text}|{mark['attrs']['href']}]"
        elif mark["type"] == "code":
            text = f"{{{{{text}}}}}"
        else:
            sign = MARKS.get(mark["type"], "")
            text = f"{sign}{text}{sign}"
    return text
