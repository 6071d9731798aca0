"""The conditions as Discord knows them, and what is different in our configuration."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from snowflake.discord.models import RoleConnectionMetadata
from snowflake.settings.tables.linked_roles import LinkedRolesTable
from snowflake.settings.tables.metadata import MetadataType

#: Discord's numbers for the types.
TYPES: Final[Mapping[MetadataType, int]] = {
    "integer_less_than_or_equal": 1,
    "integer_greater_than_or_equal": 2,
    "integer_equal": 3,
    "integer_not_equal": 4,
    "datetime_less_than_or_equal": 5,
    "datetime_greater_than_or_equal": 6,
    "boolean_equal": 7,
    "boolean_not_equal": 8,
}
_NAMES: Final[Mapping[int, str]] = {number: name for name, number in TYPES.items()}

Schema = Sequence[RoleConnectionMetadata]


def schema_of(table: LinkedRolesTable) -> tuple[RoleConnectionMetadata, ...]:
    """Answer the metadata of our configuration as Discord wants them."""
    return tuple(
        RoleConnectionMetadata(
            type=TYPES[metadata.type],
            key=metadata.key,
            name=metadata.name,
            description=metadata.description,
            name_localizations=dict(metadata.name_localizations) or None,
            description_localizations=dict(metadata.description_localizations) or None,
        )
        for metadata in table.metadata
    )


def difference(ours: Schema, theirs: Schema) -> list[str]:
    """Answer what registering ours in place of Discord's changes, a line each; none if nothing."""
    new, old = ({item.key: item for item in schema} for schema in (ours, theirs))
    lines = [f"added: {_shown(item)}" for key, item in new.items() if key not in old]
    lines += [f"removed: {_shown(item)}" for key, item in old.items() if key not in new]
    for key in (key for key in new if key in old):
        lines += [f"changed: {key}: {change}" for change in _changes(new[key], old[key])]
    if not lines and list(new) != list(old):
        lines.append(f"order: {', '.join(new)} in place of {', '.join(old)}")
    return lines


def _shown(item: RoleConnectionMetadata) -> str:
    return f"{item.key} ({_type(item)}): {item.name!r}"


def _type(item: RoleConnectionMetadata) -> str:
    return _NAMES.get(item.type, f"type {item.type}")


def _changes(new: RoleConnectionMetadata, old: RoleConnectionMetadata) -> Iterator[str]:
    if new.type != old.type:
        yield f"type from {_type(old)} to {_type(new)}"
    after, before = _texts(new), _texts(old)
    for name in {**before, **after}:
        if after.get(name) != before.get(name):
            yield f"{name} from {_quoted(before.get(name))} to {_quoted(after.get(name))}"


def _texts(item: RoleConnectionMetadata) -> dict[str, str]:
    texts = {"name": item.name, "description": item.description}
    for name in ("name_localizations", "description_localizations"):
        localizations: Mapping[str, str] = getattr(item, name) or {}
        texts |= {f"{name}.{locale}": text for locale, text in localizations.items()}
    return texts


def _quoted(text: str | None) -> str:
    # What Discord has may be anything: control characters must not reach a terminal.
    return "nothing" if text is None else repr(text)
