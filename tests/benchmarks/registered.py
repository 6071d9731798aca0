"""The one registered client of the benchmarks."""

import json
from pathlib import Path

from tests.benchmarks.browser import APPLICATION
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET

CLIENT = "wiki"
FILE = f"""
[[clients]]
id = {json.dumps(CLIENT)}
secret = {json.dumps(CLIENT_SECRET)}
redirect_uris = [{json.dumps(APPLICATION)}]
"""


def settings_of(directory: Path) -> dict[str, str]:
    """Write a configuration with one registered client, and answer what leads to it."""
    path = directory / "snowflake.toml"
    path.write_text(FILE, "utf-8")
    return {
        "SNOWFLAKE_CONFIG": str(path),
        "SNOWFLAKE_DISCORD_CLIENT_ID": CLIENT_ID,
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": CLIENT_SECRET,
    }
