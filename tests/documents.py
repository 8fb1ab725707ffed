"""The documents, and the code in them."""

import re
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
