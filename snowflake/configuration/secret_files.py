"""Secrets and keys that stand in files of their own: ``SNOWFLAKE_X_FILE``, or ``x_file``."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from snowflake.configuration.document import Document, Keys
from snowflake.configuration.variables import variable
from snowflake.crypto.files import reason_of, text_of
from snowflake.settings import Settings
from snowflake.settings.tables.table import is_secret, may_stand_in_file, table_of

#: Stands for a secret that can't be read, until the start ends: long enough for any.
_UNKNOWN = "?" * 64


def secrets_of_variables() -> tuple[dict[str, str], list[str]]:
    """Answer what the files hold that variables name, by setting, and what is wrong with them."""
    secrets: dict[str, str] = {}
    faults: list[str] = []
    for setting, field in Settings.model_fields.items():
        name = variable(setting)
        path = os.environ.get(f"{name}_FILE")
        if not path or not is_secret(field):
            continue
        if os.environ.get(name):
            faults.append(f"{name}: is set, and so is {name}_FILE; choose one")
            continue
        try:
            secrets[setting] = _read(Path(path))
        except ValueError as error:
            faults.append(f"{name}_FILE: {error}")
    return secrets, faults


class SecretsOfDocument:
    """Puts secrets in the place of ``x_file`` in the tables of a document.

    Paths are relative to the document. ``faults`` are what is wrong with them.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self.faults: list[str] = []

    # Tables hold values of any type.
    def resolve(
        self, table: Mapping[str, Any], kind: type[BaseModel] = Settings, keys: Keys = ()
    ) -> dict[str, Any]:
        """Answer a table with its secrets, those of the tables in it included."""
        resolved = dict(table)
        for name, field in kind.model_fields.items():
            inner = table_of(field)
            if inner is not None and name in resolved:
                resolved[name] = self._resolve_inner(resolved[name], inner, (*keys, name))
            if may_stand_in_file(field) and f"{name}_file" in resolved:
                self._put(resolved, name, keys, is_secret(field))
        return resolved

    def _resolve_inner(self, value: Any, kind: type[BaseModel], keys: Keys) -> Any:
        if isinstance(value, dict):
            return self.resolve(value, kind, keys)
        if isinstance(value, list):
            return [self._resolve_inner(one, kind, (*keys, at)) for at, one in enumerate(value)]
        return value

    def _put(self, table: dict[str, Any], name: str, keys: Keys, secret: bool) -> None:
        key = f"{name}_file"
        path = table.pop(key)
        try:
            if name in table:
                raise ValueError(f"is set, and so is {name}; choose one")
            if not isinstance(path, str):
                raise ValueError("must be a path in quotes")  # noqa: TRY004 - told like the rest
            table[name] = _read(self._document.path.parent / path)
        except ValueError as error:
            self.faults.append(self._document.fault((*keys, key), str(error)))
            # Nothing more is to be said of a secret that is only out of reach.
            if secret:
                table.setdefault(name, _UNKNOWN)


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read {path}: {reason_of(error, path)}") from None
    try:
        return text_of(content).strip()
    except ValueError as error:
        raise ValueError(f"cannot read {path}: it {error}") from None
