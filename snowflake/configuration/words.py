"""What Pydantic finds wrong, in words that fit a configuration."""

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from snowflake.configuration.document import Keys
from snowflake.settings import Settings
from snowflake.tables.table import is_secret, table_of

#: Pydantic's types of error that speak of Python.
_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list in brackets",
}


def guess(name: str, known: Iterable[str]) -> str:
    """Answer what was meant in place of an unknown name, as the end of a sentence."""
    close = get_close_matches(name, known, 1)
    return f"; is {close[0]} meant?" if close else ""


def keys_of(details: ErrorDetails) -> Keys:
    """Answer where the fault is. Pydantic adds a mark to what is wrong with a key itself."""
    return tuple(key for key in details["loc"] if key != "[key]")


def reason_of(details: ErrorDetails) -> str:
    """Answer what is wrong, without any value."""
    keys, kind = keys_of(details), details["type"]
    if kind == "extra_forbidden":
        return "is not known here" + guess(str(keys[-1]), known_keys(keys[:-1]))
    if kind == "tuple_type" and _table(keys) is not None:
        return f"must be written as [[{'.'.join(map(str, keys))}]]"
    reason = _WORDS.get(kind) or details["msg"].removeprefix("Value error, ")
    return f"{reason[0].lower()}{reason[1:]}"


def known_keys(keys: Keys) -> list[str]:
    """Answer the keys that a table may have."""
    table = _table(keys) or Settings
    secrets = [f"{name}_file" for name, field in table.model_fields.items() if is_secret(field)]
    return [*table.model_fields, *secrets]


def _table(keys: Keys) -> type[BaseModel] | None:
    """Answer what kind of table stands somewhere; None at the top."""
    table: type[BaseModel] | None = None
    for key in keys:
        if isinstance(key, str):
            table = table_of((table or Settings).model_fields[key])
    return table
