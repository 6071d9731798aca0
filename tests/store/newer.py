"""A Snowflake that knows one migration more than this one."""

import shutil
from importlib import import_module
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from snowflake.store.migrate import MIGRATIONS

REVISION = "9999"
MIGRATION = """
from alembic import op

revision = "{revision}"
down_revision = "{head}"

def upgrade():
    op.execute("CREATE TABLE novelties (id INTEGER)")
"""


def become_newer(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Be such a Snowflake from now on, its migrations in a directory of the test."""
    copy = shutil.copytree(MIGRATIONS, directory / "migrations")
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    text = MIGRATION.format(revision=REVISION, head=head)
    (copy / "versions" / f"{REVISION}_novelties.py").write_text(text)
    # The package has a function of the module's name.
    monkeypatch.setattr(import_module("snowflake.store.migrate"), "MIGRATIONS", copy)
