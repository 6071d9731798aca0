"""A PostgreSQL of the tests' own: a real server on a free port, with nothing in it."""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from tests.serving import GLANCE, PATIENCE, free_port, missing

#: Debian keeps the server's programs apart, one directory a version.
PLACES = Path("/usr/lib/postgresql")
USER = "snowflake"
#: Of whom, other than of the rest, the server wants a password. Tests make the role.
STRANGER = "stranger"
_names = (f"store_{number}" for number in count())


def tool(name: str) -> str:
    """Answer where a program of PostgreSQL is installed, the newest."""
    for directory in sorted(PLACES.glob("*/bin"), reverse=True):
        if (directory / name).exists():
            return str(directory / name)
    return shutil.which(name) or missing("PostgreSQL")


class PostgreSQL:
    """One server. It may be stopped and started again; what it holds stays."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="snowflake-postgresql-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # It refuses to run as root.
        self._as: dict[str, Any] = {}  # arguments of Popen, of several types
        if os.geteuid() == 0:
            shutil.chown(self._home, "postgres", "postgres")
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
        options = ("--auth=trust", f"--username={USER}", "--no-sync", "--encoding=UTF8")
        self._run("initdb", f"--pgdata={self._home}/data", "--locale=C", *options)
        rules = self._home / "data" / "pg_hba.conf"
        rules.write_text(f"host all {STRANGER} all scram-sha-256\n{rules.read_text()}")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "300",
            "fsync": "off",
        }
        command = [tool("postgres"), "-D", f"{self._home}/data", "-p", str(self._port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the tests' own command
                command, stdout=log, stderr=log, cwd=self._home, **self._as
            )
        for _ in range(int(PATIENCE / GLANCE)):
            if self._answers():
                return
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GLANCE)
                break
        raise AssertionError((self._home / "log").read_text())

    def stop(self) -> None:
        """Stop it at once; everybody's connections end."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE)
            self._process = None

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def make_database(self) -> str:
        """Make an empty database and answer its URL."""
        name = next(_names)
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str, user: str = USER) -> str:
        """Answer the URL of a database, whether it is there or not; ``user`` may be ``a:b``."""
        return f"postgresql://{user}@127.0.0.1:{self._port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement and answer what came of it, a line a row."""
        command = ("--no-psqlrc", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1")
        return self._run("psql", *command, "-c", statement, self.url(database))

    def dump(self, url: str) -> str:
        """Answer all that is in a database."""
        return self._run("pg_dump", "--inserts", url)

    def _answers(self) -> bool:
        command = [tool("pg_isready"), "--quiet", "-d", self.url("postgres")]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - our own

    def _run(self, name: str, *arguments: str) -> str:
        ended = subprocess.run(  # noqa: S603 - the tests' own command
            [tool(name), *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._home,
            **self._as,
        )
        assert ended.returncode == 0, ended.stderr
        return str(ended.stdout)


@cache
def the_server() -> PostgreSQL:
    """Answer the one server of this run of the tests, started when first asked for."""
    server = PostgreSQL()
    atexit.register(server.remove)
    return server
