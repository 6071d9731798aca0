"""Every Compose file that is shown is one that Compose takes."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.clients.programs import go_program
from tests.guides.test_deployments import FILES


def read(text: str, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "compose.yaml"
    file.write_text(text, "utf-8")
    return subprocess.run(  # noqa: S603 - installed by CI
        [go_program("cmd"), *options, str(file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("place", FILES)
def test_compose_takes_it(place: str, tmp_path: Path) -> None:
    # This reader knows of no variables, so that the example of several is read without.
    told = read(FILES[place], tmp_path, *(["-no-interpolation"] if "${" in FILES[place] else []))
    assert told.returncode == 0, told.stderr
    services = yaml.safe_load(told.stdout)["services"]
    for service in services.values():
        for volume in service.get("volumes", ()):
            # The host's folder is beside the file, wherever that is.
            if volume["type"] == "bind":
                assert volume["source"] == str(tmp_path / "config")
                assert volume["read_only"]


def test_what_is_misspelt_would_be_noticed(tmp_path: Path) -> None:
    assert read("services:\n  a:\n    imagee: b\n", tmp_path).returncode != 0


def test_compose_says_which_secret_is_missing_and_how_to_make_it(tmp_path: Path) -> None:
    [several] = [text for text in FILES.values() if "SNOWFLAKE_DATABASE_URL" in text]
    told = read(several, tmp_path)
    assert told.returncode != 0
    for name in ("POSTGRES_PASSWORD", "SNOWFLAKE_SECRET_KEY"):
        assert re.search(rf"{name} is missing a value: make one with openssl", told.stderr)
