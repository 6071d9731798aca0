"""What was perhaps meant by a key that is not known where it stands."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from snowflake.configuration.document import Keys
from snowflake.settings import PREFIX, Settings
from snowflake.settings.tables.table import Table, may_stand_in_file, table_of


def guess(name: str, known: Iterable[str]) -> str:
    """Answer what was meant in place of an unknown name, as the end of a sentence."""
    close = get_close_matches(name, known, 1)
    return f"; is {close[0]} meant?" if close else ""


def hint_for_key(keys: Keys) -> str:
    """Answer what to do about a key that the table around it does not know, as ``guess`` does."""
    name, table = str(keys[-1]), table_at(keys[:-1])
    plain = name.lower().removeprefix(PREFIX.lower())
    if plain != name and plain in known_keys(table):
        return f"; write {plain}: in the file keys are in lower case, without {PREFIX}"
    if plain in known_keys(None):
        return f"; {_place(plain)}"
    others = [spelling for spelling, other in _tables() if plain in known_keys(other)]
    if others:
        return f"; it is a key of {' and '.join(others)}"
    return guess(plain, known_keys(table))


def known_keys(table: type[Table] | None) -> list[str]:
    """Answer the keys that a table may have; None is the top."""
    fields = (table or Settings).model_fields
    in_files = [name for name, field in fields.items() if may_stand_in_file(field)]
    return [*fields, *(f"{name}_file" for name in in_files)]


def table_at(keys: Keys) -> type[Table] | None:
    """Answer what kind of table stands somewhere; None at the top."""
    table: type[Table] | None = None
    for key in keys:
        if isinstance(key, str):
            table = table_of((table or Settings).model_fields[key])
    return table


def _place(name: str) -> str:
    """Answer where something belongs that was put into a table and stands above all of them."""
    field = Settings.model_fields.get(name)
    if field is not None and table_of(field) is not None:
        return f"it is a table of its own, {_spelling(name, name, Settings)}"
    return f"{name} belongs above the first table of the file"


def _tables() -> Iterator[tuple[str, type[Table]]]:
    """Answer how each table is written, but for those that only change another for a client."""
    for name, field in Settings.model_fields.items():
        table = table_of(field)
        if table is None:
            continue
        yield _spelling(name, name, Settings), table
        for inner, below in table.model_fields.items() if name != "clients" else ():
            kind = table_of(below)
            if kind is not None:
                yield _spelling(f"{name}.{inner}", inner, table), kind


def _spelling(path: str, name: str, table: type[Table] | type[Settings]) -> str:
    is_list = "tuple" in str(table.model_fields[name].annotation)
    return f"[[{path}]]" if is_list else f"[{path}]"
