"""The values that Discord compares, in words for the person whose they are."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from snowflake.linked_roles.values import zeroed
from snowflake.settings.tables.linked_roles import LinkedRolesTable

UNKNOWN = "not known"


class Said(NamedTuple):
    """One condition: its name in Discord, and what is said of the person."""

    name: str
    value: str


def in_words(values: Mapping[str, str], table: LinkedRolesTable) -> tuple[Said, ...]:
    """Answer what Discord was told with these values, in the order of the configuration."""
    withheld = zeroed(table)
    return tuple(
        Said(
            metadata.name,
            _word(values[metadata.key], withheld[metadata.key], metadata.type.partition("_")[0]),
        )
        for metadata in table.metadata
        if metadata.key in values
    )


def _word(value: str, withheld: str, kind: str) -> str:
    if kind == "boolean":
        return "yes" if value == "1" else "no"
    if kind == "integer":
        # Nobody has as many, or as few, of anything as what stands for nothing known.
        return UNKNOWN if value == withheld != "0" else value
    if value == withheld:
        return UNKNOWN
    moment = datetime.fromisoformat(value)
    return f"{moment.day} {moment:%B %Y}"
