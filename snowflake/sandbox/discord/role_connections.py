"""Linked roles: what applications may say of people, and what they have said.

A *schema* is an application's metadata, at most five conditions that guilds may set for a role. A
*connection* is what an application has told Discord of one person.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from snowflake.sandbox.discord.answers import INVALID_BODY, INVALID_JSON, Refused

MAX_METADATA = 5
_KEY = re.compile(r"[a-z0-9_]{1,50}")
_INTEGER = re.compile(r"-?[0-9]{1,20}")
_DATES = (5, 6)
_BOOLEANS = (7, 8)
_TYPES = range(1, 9)

Item = dict[str, object]


@dataclass(frozen=True)
class Connection:
    """What an application has told of a person; nothing at first."""

    platform_name: str | None = None
    platform_username: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the connection as ``GET …/role-connection`` shows it."""
        name = {} if self.platform_name is None else {"platform_name": self.platform_name}
        return {
            **name,
            "platform_username": self.platform_username,
            "metadata": dict(self.metadata),
        }


class RoleConnections:
    """The schemas, by application, and the connections, by application and person."""

    def __init__(self) -> None:
        self._schemas: dict[str, list[Item]] = {}
        self._connections: dict[tuple[str, str], Connection] = {}

    def schema(self, application: str) -> list[Item]:
        """Return an application's metadata."""
        return self._schemas.get(application, [])

    def put_schema(self, application: str, body: bytes) -> list[Item]:
        """Replace an application's metadata. Raises Refused for what is none."""
        schema = _schema(_parsed(body))
        self._schemas[application] = schema
        return schema

    def find(self, application: str, person: str) -> Connection:
        """Return what an application has told of a person."""
        return self._connections.get((application, person), Connection())

    def put(self, application: str, person: str, body: bytes) -> Connection:
        """Take in what an application tells of a person. Raises Refused for what is wrong.

        Metadata that it leaves out stay as they were, so that only a 0 takes a claim away.
        """
        types = {item["key"]: item["type"] for item in self.schema(application)}
        told = _connection(_parsed(body), types)
        old = self.find(application, person)
        new = replace(told, metadata={**old.metadata, **told.metadata})
        self._connections[application, person] = new
        return new

    def remove(self, application: str, person: str) -> None:
        """Forget what an application has told of a person."""
        self._connections.pop((application, person), None)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(400, INVALID_JSON, "The request body contains invalid JSON.") from None


def _connection(body: object, types: Mapping[object, object]) -> Connection:
    told = _object(body, "body")
    values = _object(told.get("metadata") or {}, "metadata")
    if len(values) > MAX_METADATA:
        raise _invalid("metadata")
    metadata: dict[str, str] = {}
    for key, value in values.items():
        if not isinstance(value, str) or key not in types or not _fits(value, types[key]):
            raise _invalid(f"metadata.{key}")
        metadata[key] = value
    texts = {
        name: None if told.get(name) is None else _text(told, name, range(most + 1))
        for name, most in (("platform_name", 50), ("platform_username", 100))
    }
    return Connection(**texts, metadata=metadata)


def _schema(body: object) -> list[Item]:
    items = [] if body is None else body
    if not isinstance(items, list) or len(items) > MAX_METADATA:
        raise _invalid("body")
    schema = [_item(_object(item, "body")) for item in items]
    if len({item["key"] for item in schema}) < len(schema):
        raise _invalid("key")
    return schema


def _item(given: Mapping[str, object]) -> Item:
    kind, key = given.get("type"), given.get("key")
    if type(kind) is not int or kind not in _TYPES:
        raise _invalid("type")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise _invalid("key")
    item: Item = {"type": kind, "key": key}
    for name, lengths in (("name", range(1, 101)), ("description", range(1, 201))):
        item[name] = _text(given, name, lengths)
        localized = f"{name}_localizations"
        if given.get(localized) is not None:
            texts = _object(given[localized], localized)
            item[localized] = {locale: _text(texts, locale, lengths) for locale in texts}
    return item


def _object(value: object, place: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _invalid(place)
    return value


def _text(given: Mapping[str, object], name: str, lengths: range) -> str:
    text = given.get(name)
    if not isinstance(text, str) or len(text) not in lengths:
        raise _invalid(name)
    return text


def _fits(value: str, kind: object) -> bool:
    """Tell whether a value is what its type compares."""
    if kind in _BOOLEANS:
        return value in {"0", "1"}
    if kind not in _DATES:
        return _INTEGER.fullmatch(value) is not None
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _invalid(place: str) -> Refused:
    return Refused(400, INVALID_BODY, f"Invalid Form Body: {place}")
