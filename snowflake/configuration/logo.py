"""The logo of ``[pages]``: a file beside the document becomes a part of every page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from snowflake.configuration.document import Document
from snowflake.crypto.files import reason_of
from snowflake.settings.tables.pages import DATA, MAX_LOGO, picture

#: How a logo begins that is no file.
_URLS: Final = ("https://", "http://", DATA)


# Tables hold values of any type.
def with_logo(document: Document, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Answer the settings of a document with the picture in place of its file's name.

    Its path is relative to the document. With it comes what is wrong with it.
    """
    pages = values.get("pages")
    if not isinstance(pages, dict):
        return dict(values), []
    logo = pages.get("logo")
    if not isinstance(logo, str) or logo.startswith(_URLS):
        return dict(values), []
    others = {key: value for key, value in pages.items() if key != "logo"}
    try:
        others["logo"] = picture(_read(document.path.parent / logo))
    except ValueError as error:
        return {**values, "pages": others}, [document.fault(("pages", "logo"), str(error))]
    return {**values, "pages": others}, []


def _read(path: Path) -> bytes:
    """Read a file as far as it may be long, and a byte beyond."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_LOGO + 1)
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {path}: {reason_of(error, path)}") from None
