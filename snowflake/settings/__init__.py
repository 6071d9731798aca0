"""What an operator may say, and what it means for a client.

- ``settings.py``: all settings in one.
- ``variables/``: every variable: its name, type, default and meaning.
- ``tables/``: the tables of ``snowflake.toml``.
- ``values.py``, ``durations.py``: how each kind of value is written, and what is checked of it.
- ``registry.py``: who is known as a client here, and what holds for each.

``configuration`` makes ``Settings`` of the environment and the file.
"""

from snowflake.settings.settings import (
    PREFIX as PREFIX,
)
from snowflake.settings.settings import (
    REPOSITORY as REPOSITORY,
)
from snowflake.settings.settings import (
    Settings as Settings,
)
