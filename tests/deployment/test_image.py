"""The images: which targets there are, and how they are tagged and labelled.

What they are made of is tried by ``.ci/lean``.
"""

import re
import subprocess
from pathlib import Path

import pytest

from snowflake import __version__
from tests.guides.documents import ROOT, text_of

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
#: In place of Docker: writes down with what it was started.
DOCKER = '#!/bin/sh\necho "$@" >>"$DOCKER_LOG"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Answer a repository with one commit in it that has the script and a version."""
    for name in (".ci/image", "snowflake/__init__.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".ci/image").chmod(0o755)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "All of it")
    return tmp_path


def git(tree: Path, *arguments: str) -> str:
    name = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    command = ["git", "-C", str(tree), *name, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def builds(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Answer what Docker is told, a line for each image."""
    place = tmp_path_factory.mktemp("docker")
    (place / "docker").write_text(DOCKER, "utf-8")
    (place / "docker").chmod(0o755)
    variables = {"PATH": f"{place}:/usr/bin:/bin", "DOCKER_LOG": str(place / "log")}
    subprocess.run([str(tree / ".ci/image"), "name"], env=variables, check=True)  # noqa: S603
    return (place / "log").read_text("utf-8").splitlines()


def tags(line: str) -> list[str]:
    return re.findall(r"--tag name:(\S+)", line)


@pytest.mark.parametrize(
    ("version", "production", "sandbox"),
    [
        (
            "1.2.3",
            ["1.2.3", "1.2", "1", "latest"],
            ["1.2.3-sandbox", "1.2-sandbox", "1-sandbox", "sandbox"],
        ),
        ("1.3.0rc1", ["1.3.0rc1"], ["1.3.0rc1-sandbox"]),
    ],
)
def test_a_release_moves_the_tags_that_mean_it_and_nothing_else_does(
    version: str,
    production: list[str],
    sandbox: list[str],
    tree: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    (tree / "snowflake/__init__.py").write_text(f'__version__ = "{version}"\n', "utf-8")
    git(tree, "commit", "--quiet", "--all", "--message", "A release")
    first, second = builds(tree, tmp_path_factory)
    assert first.startswith("build --target production ")
    assert second.startswith("build --target sandbox ")
    assert (tags(first), tags(second)) == (production, sandbox)


def test_version_and_revision_are_in_the_labels(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    revision = git(tree, "rev-parse", "HEAD")
    for line in builds(tree, tmp_path_factory):
        assert f"--build-arg VERSION={__version__} --build-arg REVISION={revision} " in line
    (tree / "snowflake/__init__.py").write_text(f'__version__ = "{__version__}"\n', "utf-8")
    assert f"REVISION={revision}-dirty " in builds(tree, tmp_path_factory)[0]
    for label, argument in (("version", "VERSION"), ("revision", "REVISION")):
        assert f'org.opencontainers.image.{label}="${argument}"' in DOCKERFILE


def test_production_is_built_unless_the_sandbox_is_asked_for() -> None:
    targets = re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE)
    assert targets[-1] == "production"
    assert "sandbox" in targets


def test_all_that_is_copied_is_let_into_the_build() -> None:
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {name for line in copied for name in line.split()} == let_in


def test_the_documents_name_the_tags_and_the_place_of_the_list_of_packages() -> None:
    tags_told = text_of("snowflake/guides/operations.md").split("### Which image\n")[1]
    for tag in ("latest", "1.2.3", "1.2", "1", "sandbox", "1.2.3-sandbox"):
        assert f"`{tag}`" in tags_told
    assert "/opt/snowflake/sbom.cdx.json" in text_of("snowflake/guides/security.md")
