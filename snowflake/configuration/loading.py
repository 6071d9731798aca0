"""What a start does: read everything, and tell all that is wrong at once."""

import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from snowflake.configuration.agreement import disagreements
from snowflake.configuration.document import Document, Keys
from snowflake.configuration.secret_files import SecretsOfDocument, secrets_of_variables
from snowflake.configuration.variables import settings_given, variable
from snowflake.configuration.words import keys_of, reason_of
from snowflake.errors import StartFault
from snowflake.settings import Settings
from snowflake.tables.table import is_secret

FILE = "snowflake.toml"
#: Where the file is, it can't say itself.
VARIABLES_ONLY = frozenset({"config", "data_dir"})


def load_settings() -> Settings:
    """Read the settings: from variables, from the configuration file, else their defaults.

    Raises:
        StartFault: with one line for each fault, naming the variable, or the file, line and key.
    """
    # 1. Both places, a variable before the file.
    document, given = _document(), settings_given()
    values, faults = _values(document, given)

    def fault(keys: Keys, reason: str) -> str:
        if keys[0] in given:
            return f"{variable(str(keys[0]))}: {reason}"
        return document.fault(keys, reason)

    # 2. Each value by itself.
    try:
        settings = Settings(**values)
    except ValidationError as error:
        faults += [fault(keys_of(details), reason_of(details)) for details in error.errors()]
        raise StartFault(faults) from None
    # 3. All of them together.
    faults += [fault(keys, reason) for keys, reason in disagreements(settings)]
    if faults:
        raise StartFault(faults)
    return settings


def _document() -> Document:
    """Read the file that is named, else the one in the data directory, else none."""
    named = os.environ.get(variable("config"))
    path = Path(named) if named else Path(os.environ.get(variable("data_dir")) or "data") / FILE
    return Document.read(path) if named or _is_there(path) else Document(path, "", {})


def _is_there(path: Path) -> bool:
    try:
        # Also as a directory, which Docker makes of a file to be mounted that does not exist.
        return path.exists()
    except OSError:
        # To read it will tell why.
        return True


# A value is of any type that TOML has.
def _values(document: Document, given: set[str]) -> tuple[dict[str, Any], list[str]]:
    """Answer what is set in files. Pydantic reads the variables themselves."""
    secrets, faults = secrets_of_variables()
    overruled = given | {f"{name}_file" for name in given if is_secret(Settings.model_fields[name])}
    ours = {key: value for key, value in document.data.items() if key not in overruled}
    for key in sorted(VARIABLES_ONLY & document.data.keys()):
        reason = f"can be set by {variable(key)} alone"
        faults.append(document.fault((key,), reason))
        ours.pop(key, None)
    tables = SecretsOfDocument(document)
    values = tables.resolve(ours)
    return {**values, **secrets}, faults + tables.faults
