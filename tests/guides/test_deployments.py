"""What the documents say of a deployment: Compose files, ports, variables, events."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import snowflake
from snowflake.settings import PREFIX, Settings
from tests.guides.documents import DOCUMENTS, ROOT, blocks, text_of

COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
#: Compose files by where they stand, the one of the repository among them.
FILES = {str(block): block.text for block in blocks("yaml") if "\nservices:\n" in f"\n{block.text}"}
FILES["compose.yaml"] = COMPOSE
#: The example of several Snowflakes.
[SEVERAL] = [text for text in FILES.values() if "SNOWFLAKE_DATABASE_URL" in text]


def ours(text: str) -> list[dict[str, Any]]:
    """Answer the services of a Compose file that are Snowflakes."""
    services = yaml.safe_load(text)["services"].values()
    return [service for service in services if "SNOWFLAKE_ISSUER" in service.get("environment", {})]


def test_no_service_starts_with_an_empty_secret() -> None:
    # Compose wants every variable of a file, whichever of its services are started.
    assert "${" not in COMPOSE
    wanted = re.findall(r"\$\{([A-Z_]+)(:\?[^}]+)?\}", SEVERAL)
    assert {name for name, _ in wanted} == {"POSTGRES_PASSWORD", "SNOWFLAKE_SECRET_KEY"}
    assert all(advice for _, advice in wanted)


def test_whoever_serves_by_an_example_gets_this_release_and_its_fixes() -> None:
    text = "\n".join([COMPOSE, *map(text_of, DOCUMENTS)])
    tags = re.findall(r"image: ghcr\.io/celsiusnarhwal/snowflake:([\w.-]+)", text)
    assert {tag for tag in tags if tag != "sandbox"} == {snowflake.__version__.rpartition(".")[0]}


@pytest.mark.parametrize("place", FILES)
def test_no_port_is_published_past_the_firewall(place: str) -> None:
    for service in ours(FILES[place]):
        assert service["ports"]
        for port in service["ports"]:
            assert re.fullmatch(r"127\.0\.0\.1:\d+:8000", port)


def test_the_configuration_file_is_in_a_folder_of_the_host() -> None:
    for place, text in FILES.items():
        for service in ours(text):
            if "SNOWFLAKE_DATABASE_URL" in service["environment"]:
                continue
            assert service["environment"]["SNOWFLAKE_CONFIG"] == "/config/snowflake.toml", place
            short = "./config:/config:ro" in service["volumes"]
            long = {"source": "./config", "target": "/config", "read_only": True}
            mounts = (volume for volume in service["volumes"] if isinstance(volume, dict))
            assert short or any(long.items() <= mount.items() for mount in mounts), place


def test_lines_are_added_to_the_file_that_snowflake_reads() -> None:
    # In Docker the shell that writes is the host's.
    by_docker = "config/snowflake.toml"
    without = f"{Settings.model_fields['data_dir'].default}/snowflake.toml"
    seen = set()
    for block in blocks("shell", "console"):
        for line in block.text.splitlines():
            command, arrow, target = line.partition(" >> ")
            if arrow and "snowflake" in command:
                seen.add(target)
                assert target == (by_docker if command.startswith("docker") else without), line
    assert seen == {by_docker, without}


def test_several_snowflakes_are_as_hardened_as_one_and_share_all_that_they_keep() -> None:
    [one] = ours(COMPOSE)
    first, second = ours(SEVERAL)
    for service in (first, second):
        for key in ("read_only", "tmpfs", "cap_drop", "security_opt"):
            assert service[key] == one[key]
        assert "volumes" not in service
    assert first["environment"] == second["environment"]
    assert first["ports"] != second["ports"]


def test_no_document_names_a_variable_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{name}_FILE" for name in known}
    texts = {document: text_of(document) for document in (*DOCUMENTS, "CHANGELOG.md")}
    for place, text in {**texts, "compose.yaml": COMPOSE}.items():
        named = set(re.findall(r"SNOWFLAKE_[A-Z_]*[A-Z]", text))
        assert named <= known, place


def test_events_that_are_explained_are_logged() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(snowflake.__path__[0]).rglob("*.py"))
    logs = text_of("snowflake/guides/operations.md").split("## Logs\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", logs, re.MULTILINE)
    events = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert len(events) > 20
    assert {name for name in events if f'"{name}"' not in source} == set()


def test_metrics_that_are_explained_are_shown() -> None:
    source = (Path(snowflake.__path__[0]) / "telemetry/metrics.py").read_text("utf-8")
    named = set(re.findall(r"`(snowflake_[a-z_]+)`", text_of("snowflake/guides/operations.md")))
    there = set(re.findall(r'"(snowflake_[a-z_]+)"', source))
    assert {name.removesuffix("_total") for name in named} == {
        name.removesuffix("_total") for name in there
    }
