"""Dex and Keycloak as released, fetched and built once, each in a place of its own.

They come by the ordinary clients of their registries: ``go`` checks each module against
``dex/go.sum``, Maven's distribution is checked here. Whoever lacks a tool is told which.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile

from tests.clients.programs import build_go, go, install, source_of

#: The version, and the SHA-256 of its distribution.
KEYCLOAK = ("26.7.3", "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f")
_DEX = Path(__file__).parent / "dex"
_MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy"


class NotHere(Exception):
    """A program that cannot be had; the message says what is missing."""


def dex() -> Path:
    """Answer where Dex is, built if need be.

    Raises:
        NotHere: Go is missing, or a module could not be fetched.
    """
    if go() is None:
        raise NotHere("it is built by Go, and there is no command go")
    place = _installed("dex", source_of(_DEX), lambda place, _: build_go(_DEX, place / "dex"))
    return place / "dex"


def keycloak() -> Path:
    """Answer the folder of Keycloak, built for its file database if need be.

    Raises:
        NotHere: Java or Maven is missing, or too old, or the distribution could not be fetched.
    """
    for command in ("java", "mvn"):
        if shutil.which(command) is None:
            raise NotHere(f"it needs Java 17 and Maven, and there is no command {command}")
    return _installed("keycloak", KEYCLOAK, _make_keycloak) / _folder(KEYCLOAK[0])


def unpack(archive: Path, wanted: str, place: Path) -> None:
    """Unpack an archive of this SHA-256, with the permissions of its files.

    Raises:
        NotHere: it is another archive.
    """
    if hashlib.sha256(archive.read_bytes()).hexdigest() != wanted:
        raise NotHere(f"{archive.name} is not what it was: its SHA-256 is another")
    with ZipFile(archive) as opened:
        for one in opened.infolist():
            path = Path(opened.extract(one, place))
            if not one.is_dir():
                path.chmod(one.external_attr >> 16)


def _installed(
    name: str, wanted: tuple[str, ...], make: Callable[[Path, tuple[str, ...]], None]
) -> Path:
    try:
        return install(name, wanted, make)
    except subprocess.CalledProcessError as failed:
        raise NotHere(f"{failed.cmd[0]} failed with status {failed.returncode}") from failed


def _make_keycloak(place: Path, wanted: tuple[str, ...]) -> None:
    version, digest = wanted
    artifact = f"org.keycloak:keycloak-quarkus-dist:{version}:zip"
    _run(["mvn", "-q", "-B", _MAVEN_COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={place}"])
    archive = place / f"keycloak-quarkus-dist-{version}.zip"
    unpack(archive, digest, place)
    archive.unlink()
    _run([str(place / _folder(version) / "bin" / "kc.sh"), "build", "--db=dev-file"])


def _folder(version: str) -> str:
    return f"keycloak-{version}"


def _run(command: Sequence[str]) -> None:
    # What it says is no part of the table.
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603 - from the lines above
