"""Two states of the source on one machine: that of today, and that of a commit."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.serving import program

ROOT = Path(__file__).parents[2]
#: What Snowflake runs on, in all versions. Where it differs, so does the environment.
CONSTRAINTS = Path(".ci/constraints-runtime.txt")


class NoTree(Exception):
    """There is no such commit, or nothing to run it with; the message says which."""


@dataclass(frozen=True)
class Tree:
    """A folder with the source, and the Python that runs it."""

    name: str
    source: Path
    python: Path

    @property
    def command(self) -> list[str]:
        """The command ``snowflake`` of this tree, whatever the present folder is."""
        return [str(self.python), "-P", "-m", "snowflake"]

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables with which Python finds this source before any other.

        It may keep what it has compiled, so that no tree is compiled anew at each start.
        """
        return {"PYTHONPATH": str(self.source), "PYTHONDONTWRITEBYTECODE": ""}

    @property
    def environment(self) -> str:
        """Which packages it runs on, in words."""
        own = self.python != Path(sys.executable)
        return "an environment of its own" if own else "the same environment"


TODAY = Tree("today's tree", ROOT, Path(sys.executable))


@contextmanager
def tree_of(revision: str, directory: Path) -> Iterator[Tree]:
    """Check a commit out below a directory until the block ends.

    It runs with the packages of today, unless its constraints are others; then they are installed.

    Raises:
        NoTree: there is no such commit, or its packages cannot be installed.
    """
    commit = _run(["git", "rev-parse", "--verify", "--short", f"{revision}^{{commit}}"]).strip()
    source = directory / commit
    _run(["git", "worktree", "add", "--quiet", "--detach", str(source), commit])
    try:
        yield Tree(commit, source, python_for(source, directory))
    finally:
        _run(["git", "worktree", "remove", "--force", str(source)])


def python_for(source: Path, directory: Path) -> Path:
    """Answer the Python that has the packages of a source, made below a directory if need be."""
    wanted = source / CONSTRAINTS
    if not wanted.exists():
        raise NoTree(f"the commit has no {CONSTRAINTS}")
    if wanted.read_bytes() == (ROOT / CONSTRAINTS).read_bytes():
        return Path(sys.executable)
    folder = directory / "environment"
    _run([sys.executable, "-m", "venv", str(folder)])
    python = folder / "bin" / "python"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    _run([str(python), "-m", "pip", "install", *options, "--requirement", str(wanted)])
    return python


def _run(command: list[str]) -> str:
    command = [program(command[0]), *command[1:]]
    done = subprocess.run(  # noqa: S603 - the benchmark's own commands
        command, check=False, capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        raise NoTree(done.stderr.strip())
    return done.stdout
