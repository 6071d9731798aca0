"""What a process that serves reads, and what it does not."""

import pickle
import subprocess
import sys

import pytest

from snowflake.cli.worker import Worker
from snowflake.settings import Settings
from tests.serving import PATIENCE, environment

#: A process that is handed a worker, as those of several are.
PROGRAM = "import pickle, sys; pickle.load(sys.stdin.buffer)(); print(*sys.modules)"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Answer all modules of a process that serves the usual way: SQLite, and no linked roles."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    told = subprocess.run(  # noqa: S603 - the command that is tested
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps(Worker(settings)),
        env=environment({}),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    return set(told.stdout.decode("ascii").split())


def test_a_worker_has_no_command_line(modules: set[str]) -> None:
    assert not modules & {"typer", "snowflake.cli.commands", "snowflake.cli.serve"}
    assert "snowflake.web.app" in modules


def test_a_worker_reads_neither_migrations_nor_the_driver_of_a_server(modules: set[str]) -> None:
    assert not modules & {"alembic", "asyncpg", "sqlalchemy.ext.asyncio", "sqlalchemy.orm"}
    assert not any(name.startswith("sqlalchemy.dialects.postgresql") for name in modules)


def test_a_worker_reads_no_colours(modules: set[str]) -> None:
    assert not {"pygments", "rich"} & {name.partition(".")[0] for name in modules}


def test_a_worker_reads_no_linked_roles_where_there_are_none(modules: set[str]) -> None:
    assert not modules & {"snowflake.linked_roles.background", "snowflake.web.linked_roles"}
