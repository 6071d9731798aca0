"""What Pydantic finds wrong, in words that fit a configuration."""

from pydantic_core import ErrorDetails

from snowflake.configuration.document import Keys
from snowflake.configuration.hints import hint_for_key, table_at

#: Pydantic's types of error that speak of Python.
_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list in brackets",
}
#: How its sentences begin -> how ours do, of which the key is the subject.
_BEGINNINGS = {
    "Value error, ": "",
    "Input should be ": "must be ",
    "String should have ": "must have ",
}


def keys_of(details: ErrorDetails) -> Keys:
    """Answer where the fault is. Pydantic adds a mark to what is wrong with a key itself."""
    return tuple(key for key in details["loc"] if key != "[key]")


def reason_of(details: ErrorDetails) -> str:
    """Answer what is wrong, without any value."""
    keys, kind = keys_of(details), details["type"]
    if kind == "extra_forbidden":
        return "is not known here" + hint_for_key(keys)
    if kind == "tuple_type" and table_at(keys) is not None:
        name = ".".join(map(str, keys))
        return f"must be written as [[{name}]], each with its own tables below it"
    reason = _WORDS.get(kind) or _in_our_words(details["msg"])
    return f"{reason[0].lower()}{reason[1:]}"


def _in_our_words(message: str) -> str:
    for beginning, ours in _BEGINNINGS.items():
        if message.startswith(beginning):
            return ours + message.removeprefix(beginning)
    return message
