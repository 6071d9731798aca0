"""What a start does: read everything, and tell all that is wrong at once."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from snowflake.configuration.agreement import disagreements
from snowflake.configuration.document import Document, Keys
from snowflake.configuration.hints import hint_for_key, known_keys
from snowflake.configuration.logo import with_logo
from snowflake.configuration.reverse_proxy import faults_of_proxies
from snowflake.configuration.secret_files import SecretsOfDocument, secrets_of_variables
from snowflake.configuration.variables import settings_given, variable
from snowflake.configuration.words import keys_of, reason_of
from snowflake.crypto.files import exists
from snowflake.errors import StartFault
from snowflake.outbound.connections import faults_of_network
from snowflake.settings import Settings
from snowflake.settings.tables.table import is_secret

FILE = "snowflake.toml"
#: Where the file is, it can't say itself.
VARIABLES_ONLY = frozenset({"config", "data_dir"})

Kind = TypeVar("Kind", bound=Settings)


def load_settings() -> Settings:
    """Read the settings: from variables, from the configuration file, else their defaults.

    Raises:
        StartFault: with one line for each fault, naming the variable, or the file, line and key.
    """
    document, given = _document(), settings_given()
    values, faults = _values(document, given)
    return _checked(Settings, values, document, given, faults)


# A value is of any type that a setting has.
def load_some(
    path: Path, names: Collection[str], kind: type[Kind], others: Mapping[str, Any]
) -> Kind:
    """Read the settings ``names`` from a configuration file; all ``others`` are given.

    Keys of others in the file are passed over, and variables do not count.

    Raises:
        StartFault: with one line for each fault, naming the file, line and key.
    """
    document, known = Document.read(path), known_keys(None)
    # Whatever is no key at all may be a name with a typing error.
    taken = {key: value for key, value in document.data.items() if key in names or key not in known}
    secrets = SecretsOfDocument(document)
    resolved, faults = with_logo(document, secrets.resolve(taken))
    values = {**resolved, **others}
    return _checked(kind, values, document, frozenset(), secrets.faults + faults)


def _checked(
    kind: type[Kind],
    values: Mapping[str, Any],
    document: Document,
    given: Collection[str],
    faults: list[str],
) -> Kind:
    """Make settings of values, or tell what is wrong besides the ``faults`` that are known."""

    def fault(keys: Keys, reason: str) -> str:
        if keys[0] in given:
            return f"{variable(str(keys[0]))}: {reason}"
        return document.fault(keys, reason)

    # 1. Each value by itself.
    try:
        settings = kind(**values)
    except ValidationError as error:
        found = [fault(keys_of(details), reason_of(details)) for details in error.errors()]
        raise StartFault(faults + found) from None
    # 2. All of them together.
    faults = faults + [fault(keys, reason) for keys, reason in disagreements(settings)]
    if faults:
        raise StartFault(faults)
    return settings


def configuration_file() -> Path | None:
    """Answer the file that is named, else the one in the data directory; None if there is none."""
    named = os.environ.get(variable("config"))
    path = Path(named) if named else _default_file()
    return path if named or _is_there(path) else None


def _document() -> Document:
    path = configuration_file()
    return Document.read(path) if path is not None else Document(_default_file(), "", {})


def _default_file() -> Path:
    return Path(os.environ.get(variable("data_dir")) or "data") / FILE


def _is_there(path: Path) -> bool:
    try:
        # Also as a directory, which Docker makes of a file to be mounted that does not exist.
        return exists(path)
    except StartFault:
        # To read it will tell why.
        return True


# A value is of any type that TOML has.
def _values(document: Document, given: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Answer what is set in files. Pydantic reads the variables themselves."""
    secrets, faults = secrets_of_variables()
    faults += [*faults_of_proxies(), *faults_of_network()]
    overruled = given | {f"{name}_file" for name in given if is_secret(Settings.model_fields[name])}
    ours = {key: value for key, value in document.data.items() if key not in overruled}
    for key in sorted(VARIABLES_ONLY & document.data.keys()):
        reason = f"can be set by {variable(key)} alone"
        faults.append(document.fault((key,), reason))
        ours.pop(key, None)
    # In capital letters Pydantic would take it, and let it win over the variable.
    for key in [key for key in ours if key != key.lower() and key.lower() in known_keys(None)]:
        faults.append(document.fault((key,), f"is not known here{hint_for_key((key,))}"))
        ours.pop(key)
    tables = SecretsOfDocument(document)
    values, faults_of_logo = with_logo(document, tables.resolve(ours))
    return {**values, **secrets}, faults + tables.faults + faults_of_logo
