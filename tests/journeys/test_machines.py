"""Machines that get tokens for themselves, from two Snowflakes of one database."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.journeys.test_reloading import hang_up
from tests.serving import Snowflake, snowflake
from tests.store.places import ENGINES, place_on

SECRET: Final = "the secret of a machine"
MACHINES: Final = "".join(
    f"""
[[clients]]
id = "{client_id}"
secret = "{SECRET}"
grant_types = ["client_credentials"]
access_token_format = "{form}"
"""
    for client_id, form in (("ci", "jwt"), ("opaque", "opaque"))
)


@contextmanager
def two(engine: str, directory: Path, file: Path) -> Iterator[tuple[Snowflake, Snowflake]]:
    """Run two, each a process of its own."""
    settings = {
        "SNOWFLAKE_DATABASE_URL": place_on(engine, directory).url,
        "SNOWFLAKE_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "SNOWFLAKE_CONFIG": str(file),
        "SNOWFLAKE_DISCORD_CLIENT_ID": "1056005449054429299",
        "SNOWFLAKE_DISCORD_CLIENT_SECRET": "of our own",
    }
    with ExitStack() as stack:
        one = stack.enter_context(snowflake(directory, settings))
        yield one, stack.enter_context(snowflake(directory, settings))


def send(to: Snowflake, path: str, client_id: str, **form: str) -> httpx.Response:
    return httpx.post(to.origin + path, data=form, auth=(client_id, SECRET), trust_env=False)


def is_active(at: Snowflake, client_id: str, token: str) -> bool:
    answer = send(at, "/introspect", client_id, token=token)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["active"])


def userinfo(at: Snowflake, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{at.origin}/userinfo", headers=headers, trust_env=False).status_code


@pytest.mark.parametrize("engine", ENGINES)
def test_what_one_has_issued_the_other_knows_and_ends(engine: str, tmp_path: Path) -> None:
    file = tmp_path / "snowflake.toml"
    file.write_text(MACHINES, "utf-8")
    with two(engine, tmp_path, file) as (one, other):
        tokens = {
            name: send(one, "/token", name, grant_type="client_credentials").json()["access_token"]
            for name in ("ci", "opaque")
        }
        for name, token in tokens.items():
            assert is_active(other, name, token)
            assert userinfo(other, token) == 403
            assert send(other, "/revoke", name, token=token).status_code == 200
            assert not is_active(one, name, token)
            assert userinfo(one, token) == 401


def test_a_client_that_is_taken_out_has_no_token_any_more(tmp_path: Path) -> None:
    file = tmp_path / "snowflake.toml"
    people = MACHINES.replace("client_credentials", "authorization_code").replace(
        "grant_types", 'redirect_uris = ["https://ci.example.com/cb"]\ngrant_types'
    )
    file.write_text(MACHINES, "utf-8")
    changed = 0
    with two("sqlite", tmp_path, file) as (one, _):
        for name in ("ci", "opaque"):
            answer = send(one, "/token", name, grant_type="client_credentials")
            token = answer.json()["access_token"]
            assert is_active(one, name, token)
            for text, status in ((people, 401), (MACHINES, 403)):
                file.write_text(text, "utf-8")
                changed += 1
                hang_up(one, "configuration_changed", changed)
                assert userinfo(one, token) == status
