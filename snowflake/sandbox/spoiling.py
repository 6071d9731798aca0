"""JSON that parses and is wrong."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from snowflake.sandbox.failures import Failure

LEFT_OUT: Final = object()
"""In place of a field's value: the field is not there."""


def spoil(body: bytes, failure: Failure, fields: Mapping[str, object]) -> bytes:
    """Return a JSON body spoiled in the way that a failure names; a page is what it was.

    ``fields`` are those of ``ODD_FIELDS``.
    """
    try:
        document = json.loads(body)
    except ValueError:
        return body
    if failure is Failure.ODD_FIELDS:
        spoiled = _odd(document, fields)
    else:
        spoiled = _SPOILERS[failure](document)
    return json.dumps(spoiled).encode()


def _odd(value: object, fields: Mapping[str, object]) -> object:
    if isinstance(value, list):
        return [_odd(value[0], fields), *value[1:]] if value else value
    assert isinstance(value, dict)  # noqa: S101 - no endpoint answers anything else
    changed = {**value, **fields}
    return {name: field for name, field in changed.items() if field is not LEFT_OUT}


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
