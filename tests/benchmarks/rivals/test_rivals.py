"""The comparison with other programs, which are not there: another Snowflake stands for them.

Dex and Keycloak themselves are run by hand, by ``python -m tests.benchmarks rivals``.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import httpx
import pytest
import respx
import uvloop
from typer.testing import CliRunner

from tests.benchmarks import __main__ as command
from tests.benchmarks.browser import APPLICATION, PEOPLE
from tests.benchmarks.effort import LITTLE
from tests.benchmarks.messages import Message, Unexpected
from tests.benchmarks.processes import Discord, Server, serve, simulated_discord
from tests.benchmarks.registered import settings_of
from tests.benchmarks.report import Row
from tests.benchmarks.rivals import comparison, programs, visitor
from tests.benchmarks.rivals.dex import dex
from tests.benchmarks.rivals.keycloak import furnish
from tests.benchmarks.rivals.programs import NotHere
from tests.benchmarks.rivals.visitor import Cookies, Provider, visitors

ORIGIN = "http://localhost:8080"
DISCORD = Discord("http://localhost:9")
#: In place of Dex: answers at the address of its configuration that it is there.
STUB = """#!{python}
import http.server, json, sys, urllib.parse
host, port = json.load(open(sys.argv[1]))["address"].split(":")
http.server.HTTPServer((host, int(port)), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=ORIGIN) as router:
        yield router


@pytest.fixture
def discord(tmp_path: Path) -> Iterator[Discord]:
    with simulated_discord(tmp_path) as discord:
        yield discord


@pytest.fixture
def snowflake(tmp_path: Path, discord: Discord) -> Iterator[Server]:
    with serve(tmp_path, discord, settings=settings_of(tmp_path)) as snowflake:
        yield snowflake


def test_both_kinds_of_clients_are_put_beside_whoever_can_be_had(
    tmp_path: Path, discord: Discord, snowflake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    rival = replace(comparison.kinds_of(snowflake)[0], name="Dex with SQLite")

    def fails() -> Path:
        raise NotHere("there is no command mvn")

    monkeypatch.setattr(programs, "keycloak", fails)
    rivals = {
        "Dex with SQLite": lambda *_: nullcontext(rival),
        "Keycloak": comparison.RIVALS["Keycloak"],
    }
    monkeypatch.setattr(comparison, "RIVALS", rivals)
    monkeypatch.setattr(comparison, "simulated_discord", lambda _: nullcontext(discord))
    missing, *rows, memory = comparison.run(LITTLE, tmp_path)
    assert missing.cells[:3] == ("beside Keycloak", "not measured", "there is no command mvn")
    kinds = ("a registered client", "a Discord application")
    names = [f"{kind}, {number} at once" for number in (2, 1) for kind in kinds]
    assert [row.benchmark for row in rows] == names
    assert all("ms CPU, Dex with SQLite (" in row.beside and row.ratio for row in rows)
    assert memory.beside.endswith(" MiB, Dex with SQLite")


def test_rivals_are_measured_only_when_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "measured", lambda names, _: [Row(name, "", "") for name in names])
    told = CliRunner().invoke(command.app, []).stdout
    assert "refresh" in told
    assert "rivals" not in told


def test_a_login_that_does_not_lead_to_a_code_ends_the_run(
    discord: Discord, snowflake: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = comparison.kinds_of(snowflake)[0]

    async def sign_in(provider: Provider, discord: Discord) -> None:
        async with visitors(1, provider, discord) as (only,):
            await only.sign_in(next(PEOPLE))

    with pytest.raises(Unexpected, match="expected 302 or 303"):
        uvloop.run(sign_in(replace(provider, client_id="nobody"), discord))
    with pytest.raises(Unexpected, match="sent elsewhere"):
        uvloop.run(sign_in(provider, Discord(discord.origin.replace("localhost", "127.0.0.1"))))
    monkeypatch.setattr(visitor, "CODE", re.compile(rb"never"))
    with pytest.raises(Unexpected, match="the application got no code"):
        uvloop.run(sign_in(provider, discord))


def test_a_visitor_keeps_the_cookies_that_last() -> None:
    cookies = Cookies()
    cookies.keep(
        Message(b"\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2\r\nset-cookie: c=3\r\n", b"")
    )
    cookies.keep(Message(b"\r\nset-cookie: b=; Max-Age=0\r\n", b""))
    assert cookies.field == b"Cookie: a=1; c=3\r\n"
    cookies.clear()
    assert cookies.field == b""


def test_dex_is_told_of_discord_and_of_the_client(tmp_path: Path) -> None:
    program = tmp_path / "dex"
    program.write_text(STUB.format(python=sys.executable))
    program.chmod(0o755)
    for on_disk in (True, False):
        with dex(program, tmp_path, DISCORD, on_disk=on_disk) as provider:
            port = provider.origin.rpartition(":")[2]
            wanted = json.loads((tmp_path / f"dex-{port}.json").read_text())
        assert bool(wanted["file"]) is on_disk
        assert wanted["client"]["redirectURIs"] == [APPLICATION]
        assert wanted["connector"]["redirectURI"] == f"{provider.origin}/dex/callback"
        assert wanted["connector"]["userInfoURL"] == "http://localhost:9/api/v10/users/@me"


def test_keycloak_is_set_up_so_that_nobody_sees_a_page(router: respx.MockRouter) -> None:
    realm = "/admin/realms/people"
    router.post("/realms/master/protocol/openid-connect/token").respond(json={"access_token": "t"})
    created = router.post(url__startswith=f"{ORIGIN}/admin/realms").respond(201)
    verifying = f"{realm}/authentication/required-actions/VERIFY_PROFILE"
    router.get(verifying).respond(json={"alias": "VERIFY_PROFILE", "enabled": True})
    changed = router.put(verifying).respond(204)
    for flow, step in (
        ("first broker login", "idp-review-profile"),
        ("browser", "identity-provider-redirector"),
    ):
        steps = [{"id": "other", "providerId": "other"}, {"id": flow[:5], "providerId": step}]
        router.get(f"{realm}/authentication/flows/{flow}/executions").respond(json=steps)
    furnish(ORIGIN, "a password", DISCORD)
    assert json.loads(changed.calls.last.request.content)["enabled"] is False
    sent = {call.request.url.path: json.loads(call.request.content) for call in created.calls}
    review = sent[f"{realm}/authentication/executions/first/config"]
    assert review["config"] == {"update.profile.on.first.login": "off"}
    redirects = sent[f"{realm}/authentication/executions/brows/config"]
    assert redirects["config"] == {"defaultProvider": "discord"}
    discord = sent[f"{realm}/identity-provider/instances"]["config"]
    assert discord["authorizationUrl"] == "http://localhost:9/oauth2/authorize"


def test_a_keycloak_that_refuses_ends_the_run(router: respx.MockRouter) -> None:
    router.post("/realms/master/protocol/openid-connect/token").respond(503)
    with pytest.raises(httpx.HTTPStatusError):
        furnish(ORIGIN, "a password", DISCORD)


def test_a_missing_tool_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "go", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NotHere, match="there is no command go"):
        programs.dex()
    with pytest.raises(NotHere, match="Java 17 and Maven, and there is no command java"):
        programs.keycloak()


def test_a_distribution_is_unpacked_only_if_it_is_the_right_one(tmp_path: Path) -> None:
    archive, script = tmp_path / "keycloak.zip", ZipInfo("keycloak/bin/kc.sh")
    script.external_attr = 0o100755 << 16
    with ZipFile(archive, "w") as opened:
        opened.mkdir("keycloak/bin")
        opened.writestr(script, "#!/bin/sh\n")
    with pytest.raises(NotHere, match="its SHA-256 is another"):
        programs.unpack(archive, "0" * 64, tmp_path)
    programs.unpack(archive, hashlib.sha256(archive.read_bytes()).hexdigest(), tmp_path)
    assert (tmp_path / "keycloak/bin/kc.sh").stat().st_mode & 0o777 == 0o755


def test_a_build_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Path:
        raise subprocess.CalledProcessError(1, ["go", "build"])

    monkeypatch.setattr(programs, "install", fail)
    with pytest.raises(NotHere, match="go failed with status 1"):
        programs.dex()
