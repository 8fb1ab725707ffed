"""The documents, and the code in them."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parents[1]
# DATA_DICTIONARY.md is made from the tables.
DOCUMENTS = [path for path in sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]) if path.name != "DATA_DICTIONARY.md"]


def blocks(language: str, *names: str) -> list[str]:
    """The blocks of code in one language, of these documents or of all."""
    documents = [PROJECT / name for name in names] or DOCUMENTS
    return [found for path in documents for found in re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.M | re.S)]


def anchors(document: Path) -> set[str]:
    """What a link may name behind its `#`."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


def lines(*names: str) -> list[str]:
    """The commands of these documents, or of all: what stands behind each `$ `, whole where it goes over several lines."""
    joined = [line for block in blocks("console", *names) for line in block.replace("\\\n", " ").splitlines()]
    return [line.removeprefix("$ ") for line in joined if line.startswith("$ ")]


def commands(beginning: str, *names: str, replaced: Mapping[str, str]) -> list[list[str]]:
    """The words of those commands that begin so, with what is invented in them (an address, a path) replaced."""
    found = [line for line in lines(*names) if line.startswith(beginning)]
    assert found, beginning
    for invented, real in replaced.items():
        found = [line.replace(invented, real) for line in found]
    return [shlex.split(line, comments=True) for line in found]
