"""Every configuration that a document shows can be used as it stands."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from snowflake.configuration import load_settings
from tests.guides.documents import Block, blocks
from tests.public_keys import RSA, pem

#: What a document leaves out where it does not matter.
LEFT_OUT = "…"
HASH = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$9DwGHLKtDjPM1NGnpPLBcw"
SECRET = "0123456789abcdef0123456789abcdef"
#: What is said elsewhere, where a block is a part of a configuration.
ELSEWHERE = {
    "SNOWFLAKE_DISCORD_CLIENT_ID": "1056005449054429204",
    "SNOWFLAKE_DISCORD_CLIENT_SECRET": SECRET,
    "SNOWFLAKE_DISCORD_BOT_TOKEN": SECRET,
}
_FILE = re.compile(r'(?P<key>\w+)_file = "[^"]+"')
#: What stands in the files that a block names, where it is no secret.
_IN_FILES = {"encryption_key": pem(RSA)}


@pytest.mark.parametrize("block", list(blocks("toml")), ids=str)
def test_a_configuration_file_can_be_used(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def put(named: re.Match[str]) -> str:
        file = tmp_path / named["key"]
        file.write_text(_IN_FILES.get(named["key"], SECRET), "utf-8")
        return f"{named['key']}_file = {json.dumps(str(file))}"

    text = _FILE.sub(put, block.text)
    text = text.replace(f"$argon2id${LEFT_OUT}", HASH).replace(f'"{LEFT_OUT}"', f'"{SECRET}"')
    said = tomllib.loads(text)
    for variable, value in ELSEWHERE.items():
        key = variable.removeprefix("SNOWFLAKE_").lower()
        if key not in said and f"{key}_file" not in said:
            monkeypatch.setenv(variable, value)
    (tmp_path / "snowflake.toml").write_text(text, "utf-8")
    monkeypatch.setenv("SNOWFLAKE_DATA_DIR", str(tmp_path))
    load_settings()


@pytest.mark.parametrize("block", list(blocks("yaml")), ids=str)
def test_what_is_shown_as_yaml_can_be_read(block: Block) -> None:
    assert list(yaml.safe_load_all(block.text))
