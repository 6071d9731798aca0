"""What the documents hold: their blocks, their commands and their links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snowflake import guides

ROOT = Path(__file__).parent.parent.parent
FOLDER = Path(guides.__file__).parent
#: Everything that a person reads, by its path from the top.
DOCUMENTS = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "README.md", *FOLDER.glob("*.md"))
)

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
# What is shown of a link may hold the name of a table.
_LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a document, without its indentation."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def text_of(document: str) -> str:
    """Answer the text of one of ``DOCUMENTS``."""
    return (ROOT / document).read_text("utf-8")


def blocks(*languages: str) -> Iterator[Block]:
    """Answer all blocks in one of these languages."""
    for document in DOCUMENTS:
        text = text_of(document)
        for found in _FENCE.finditer(text):
            if found[2] in languages:
                content = re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE)
                yield Block(document, text.count("\n", 0, found.start()) + 1, found[2], content)


def spans() -> Iterator[tuple[str, str]]:
    """Answer what stands as code within the text, each with its document."""
    for document in DOCUMENTS:
        for found in _SPAN.finditer(_FENCE.sub("", text_of(document))):
            yield document, found[1]


def links() -> Iterator[tuple[str, str]]:
    """Answer where links lead that stay in the project, each with its document."""
    for document in DOCUMENTS:
        for found in _LINK.finditer(_FENCE.sub("", text_of(document))):
            if "://" not in found[1] and not found[1].startswith("mailto:"):
                yield document, found[1]


def pictures() -> Iterator[tuple[str, str, str]]:
    """Answer the words in place of each picture and where it is, each with its document."""
    for document in DOCUMENTS:
        for words, place in _PICTURE.findall(_FENCE.sub("", text_of(document))):
            yield document, words, place


def anchors(text: str) -> set[str]:
    """Answer the names by which code hosts link to the headings of a document."""
    names: list[str] = []
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        name = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        # The second of a name is name-1, and so on.
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return set(names)
