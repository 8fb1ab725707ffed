"""Sprints as Data Center writes them, in Java's own print: `…Sprint@21d00be2[id=225,rapidViewId=24,state=CLOSED,…]`."""

import re

import msgspec

# What a sprint is printed with. A name or a goal may hold commas and equals signs, so only these begin a part.
_PARTS = (
    "id",
    "rapidViewId",
    "state",
    "name",
    "startDate",
    "endDate",
    "completeDate",
    "activatedDate",
    "sequence",
    "goal",
    "autoStartStop",
    "synced",
    "incompleteIssuesDestinationId",
)
_BEGINNING = re.compile(rf",(?=(?:{'|'.join(_PARTS)})=)")
_NOTHING = "<null>"


def sprint_objects(items: list[msgspec.Raw]) -> bytes:
    """The JSON array of a Sprint field, each sprint as Cloud has it; what is not printed so stays as it is."""
    return msgspec.json.encode([_object(item) if bytes(item).startswith(b'"') else item for item in items])


def _object(item: msgspec.Raw) -> object:
    printed = msgspec.json.decode(item, type=str)
    _, bracket, inner = printed.partition("[")
    parts = dict(part.partition("=")[::2] for part in _BEGINNING.split(inner.removesuffix("]")))
    if not bracket or not parts.get("id", "").isdigit():
        return printed
    told = {name: parts[name] for name in ("startDate", "endDate", "completeDate") if parts.get(name, _NOTHING) != _NOTHING}
    board = parts.get("rapidViewId", "")
    return {
        "id": int(parts["id"]),
        "name": parts.get("name", ""),
        "state": parts.get("state", "").lower(),
        "boardId": int(board) if board.isdigit() else None,
        "goal": parts.get("goal", "").replace(_NOTHING, ""),
        **told,
    }
