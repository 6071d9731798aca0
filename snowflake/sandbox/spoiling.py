"""JSON that parses and is wrong."""

import json
from collections.abc import Callable

from snowflake.sandbox.failures import Failure


def spoil(body: bytes, failure: Failure) -> bytes:
    """Return a JSON body spoiled in the way that a failure names; a page is what it was."""
    try:
        document = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_SPOILERS[failure](document)).encode()


def _wrong_shape(value: object) -> object:
    return {"items": value} if isinstance(value, list) else [value]


def _missing_fields(value: object) -> object:
    return [{}] if isinstance(value, list) else {}


def _wrong_types(value: object) -> object:
    if isinstance(value, list):
        return [_wrong_types(item) for item in value] or [None]
    assert isinstance(value, dict)  # noqa: S101 - no endpoint answers anything else
    return {name: _other_type(field) for name, field in value.items()}


def _other_type(value: object) -> object:
    match value:
        case bool():
            return "yes"
        case int() | float():
            return "seven"
        case str():
            return 7
        case None:
            return []
        case _:
            return False


_SPOILERS: dict[Failure, Callable[[object], object]] = {
    Failure.WRONG_SHAPE: _wrong_shape,
    Failure.MISSING_FIELDS: _missing_fields,
    Failure.WRONG_TYPES: _wrong_types,
}
