"""Clients of other people as released; ``python -m tests.clients.programs`` installs them.

Each gets a place of its own in this user's cache, by its version, so that it is installed once.
Tests never install anything: they skip where something is missing, and CI installs it beforehand.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NoReturn

from tests.serving import missing

#: By the names of their virtual environments; none could live with another's dependencies.
PYTHON: Final[Mapping[str, tuple[str, ...]]] = {
    "django": (
        "django==5.2.19",
        "django-allauth[socialaccount]==65.22.1",
        "mozilla-django-oidc==5.0.2",
        "social-auth-app-django==8.0.0",
    ),
    "jupyterhub": ("jupyterhub==6.1.1", "oauthenticator==17.4.0"),
    "synapse": ("matrix-synapse[oidc]==1.163.2",),
}
#: By the names of their programs.
GO: Final[Mapping[str, tuple[str, ...]]] = {
    # compose-go, with which Docker Compose reads its files, has this one.
    "cmd": ("github.com/compose-spec/compose-go/v2/cmd@v2.16.2",),
    "oauth2-proxy": ("github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6",),
}
#: Programs of ours around a library of Go, by the names of their folders.
OURS: Final = ("device", "machine")
_SOURCES = Path(__file__).parent / "go"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "snowflake-tests"
Make = Callable[[Path, tuple[str, ...]], None]
#: Written last, so that what was interrupted is begun anew.
_DONE = "installed"


def python_of(name: str) -> str:
    """Answer the Python that has one of ``PYTHON``, or skip the test."""
    place = _place(name, PYTHON[name])
    return str(place / "bin" / "python") if _is_there(place) else _missing(name)


def go_program(name: str) -> str:
    """Answer where one of ``GO`` or of ``OURS`` is, or skip the test."""
    place = _place(name, GO[name] if name in GO else source_of(_SOURCES / name))
    return str(place / name) if _is_there(place) else _missing(name)


def _missing(name: str) -> NoReturn:
    missing(f"{name} (python -m tests.clients.programs installs it)")


def _place(name: str, wanted: tuple[str, ...]) -> Path:
    # Another Python needs other packages.
    version = hashlib.sha256(repr((wanted, sys.version_info[:2])).encode()).hexdigest()[:12]
    return _CACHE / f"{name}-{version}"


def _is_there(place: Path) -> bool:
    return (place / _DONE).exists()


def _make_python(place: Path, wanted: tuple[str, ...]) -> None:
    venv.create(place, with_pip=True)
    pip = [str(place / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--quiet", *wanted], check=True)  # noqa: S603 - from the list above


def _make_go(place: Path, wanted: tuple[str, ...]) -> None:
    environment = {**os.environ, "GOBIN": str(place)}
    subprocess.run([_go(), "install", *wanted], env=environment, check=True)  # noqa: S603 - as above


def source_of(folder: Path) -> tuple[str, ...]:
    """Answer the name of a program of ours, and all that it is built from."""
    return (folder.name, *(file.read_text("utf-8") for file in sorted(folder.iterdir())))


def build_go(folder: Path, program: Path) -> None:
    """Build a program of ours from modules that are those of its ``go.sum``."""
    command = [_go(), "build", "-C", str(folder), "-mod=readonly", "-o", str(program)]
    subprocess.run(command, check=True)  # noqa: S603 - the tests' own program


def _make_ours(place: Path, source: tuple[str, ...]) -> None:
    build_go(_SOURCES / source[0], place / source[0])


def go() -> str | None:
    """Answer where Go is, if it is there."""
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")


def _go() -> str:
    return go() or sys.exit("Go is missing")


def install(name: str, wanted: tuple[str, ...], make: Make) -> Path:
    """Answer the place of a program, made if need be."""
    place = _place(name, wanted)
    if _is_there(place):
        return place
    # What was left half done, and older versions.
    for old in _CACHE.glob(f"{name}-*"):
        shutil.rmtree(old)
    place.mkdir(parents=True)
    make(place, wanted)
    (place / _DONE).touch()
    return place


def _install(name: str, wanted: tuple[str, ...], make: Make) -> None:
    began = time.monotonic()
    install(name, wanted, make)
    sys.stdout.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()


def main() -> None:
    """Install what is missing, and say how long it took."""
    for name, wanted in PYTHON.items():
        _install(name, wanted, _make_python)
    for name, wanted in GO.items():
        _install(name, wanted, _make_go)
    for name in OURS:
        _install(name, source_of(_SOURCES / name), _make_ours)


if __name__ == "__main__":
    main()
