"""Machines without a secret, at Snowflake as operators run it; the issuer is another process."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import jwt
import pytest
import yaml
from joserfc.jwk import ECKey, RSAKey

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from tests.guides.documents import Block, blocks
from tests.public_keys import RSA
from tests.serving import Program, Snowflake, environment, free_port, program, running, snowflake
from tests.workloads import GITHUB, JOB, KUBERNETES, REQUEST, Issuer

GUIDE: Final = "snowflake/guides/registered-clients.md"
GITHUB_ISSUER: Final = "https://token.actions.githubusercontent.com"
KUBERNETES_ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
OURS: Final = "https://snowflake.example.com"
#: What the guide's job says of itself.
DEPLOYING: Final = {
    **GITHUB,
    "sub": "repo:my-org/my-app:environment:production",
    "repository_owner_id": "1234567",
}
#: By which the test signs in the name of the platform.
KEYS: Final = [RSA.as_dict(private=False)]
VARIABLES: Final = {
    "SNOWFLAKE_DISCORD_CLIENT_ID": "1056005449054429204",
    "SNOWFLAKE_DISCORD_CLIENT_SECRET": "0123456789abcdef0123456789abcdef",
    "SNOWFLAKE_DISCORD_API_URL": "http://127.0.0.1:9/api/v10",
}


@dataclass
class Platform:
    """An issuer that runs by itself, and what it is told."""

    url: str
    port: int
    log: Path
    process: Program | None = None

    def tell(self, **what: object) -> None:
        httpx.post(f"{self.url}/told", json=what, trust_env=False).raise_for_status()

    @contextmanager
    def up(self) -> Iterator[None]:
        command = [sys.executable, "-m", "tests.workloads", str(self.port)]
        with running(command, self.log) as started:
            started.wait_for_http(self.url)
            yield

    def token(self, said: Any, key: RSAKey | ECKey = RSA, alg: str = "RS256", **claims: Any) -> str:
        return Issuer(self.url, time.time()).token(said, key, alg, **claims)


@dataclass
class Place:
    """A Snowflake, and the platform that it trusts."""

    snowflake: Snowflake
    platform: Platform

    def ask(self, token: str, client_id: str = "deploy") -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_assertion": token,
            "client_assertion_type": ASSERTION_TYPE,
        }
        return httpx.post(f"{self.snowflake.origin}/token", data=form, trust_env=False, timeout=15)


@contextmanager
def serving_file(directory: Path, port: int, text: str, *options: str) -> Iterator[Snowflake]:
    """Run a Snowflake by the text of its file."""
    directory.mkdir()
    (directory / "snowflake.toml").write_text(text)
    variables = {
        **VARIABLES,
        "SNOWFLAKE_ISSUER": f"http://localhost:{port}",
        "SNOWFLAKE_CONFIG": str(directory / "snowflake.toml"),
    }
    with snowflake(directory, variables, *options, port=port) as started:
        yield started


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Run Snowflake with the clients of the guide; the platform is not up yet."""
    port, platform_port = free_port(), free_port()
    platform = Platform(f"http://localhost:{platform_port}", platform_port, tmp_path / "issuer.log")
    text = "\n".join(block.text for block in guides("toml", "[[clients.trusts]]", last=2))
    for theirs in (GITHUB_ISSUER, KUBERNETES_ISSUER):
        text = text.replace(theirs, platform.url)
    text = text.replace(f'issuer = "{OURS}"\n', "")
    with serving_file(tmp_path / "ours", port, text, "--workers", "2") as started:
        yield Place(started, platform)


def guides(language: str, holding: str, last: int) -> list[Block]:
    """Answer the last blocks of the guide's section that hold something."""
    found = [
        block for block in blocks(language) if block.document == GUIDE and holding in block.text
    ]
    return found[-last:]


def commands(holding: str) -> list[str]:
    """Answer the scripts of a YAML block of the guide, in their order."""
    [block] = guides("yaml", holding, last=1)
    documents = list(yaml.safe_load_all(block.text))
    if holding == "ACTIONS_ID_TOKEN":
        return [step["run"] for step in documents[0]["jobs"]["deploy"]["steps"]]
    [pod] = [one for one in documents if one["kind"] == "Pod"]
    return list(pod["spec"]["containers"][0]["args"])


def run(script: str, shell: str, directory: Path, **variables: str) -> str:
    """Run a script of the guide as its platform does, and answer what it prints."""
    done = subprocess.run(  # noqa: S603 - the guide's own
        [shell, "-e", "-c", script],
        env=environment(variables),
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_the_workflow_of_the_guide_gets_a_token(place: Place, tmp_path: Path) -> None:
    program("curl"), program("jq")
    output = tmp_path / "output"
    with place.platform.up():
        place.platform.tell(said=DEPLOYING)
        printed = run(
            commands("ACTIONS_ID_TOKEN")[0],
            program("bash"),
            tmp_path,
            ISSUER=place.snowflake.origin,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=JOB,
            ACTIONS_ID_TOKEN_REQUEST_URL=place.platform.url + REQUEST,
            RUNNER_TEMP=str(tmp_path),
            GITHUB_OUTPUT=str(output),
        )
    token = output.read_text().removeprefix("token=").strip()
    claims = claims_of(token)
    assert claims["aud"] == "https://deploy.example.com"
    assert claims["sub"] == "deploy:repo:my-org/my-app:environment:production"
    # GitHub hides it in the logs of the job; nothing else prints it, or what it was got by.
    assert printed == f"::add-mask::{token}\n"


def test_the_pod_of_the_guide_gets_a_token(place: Place, tmp_path: Path) -> None:
    program("curl")
    account = {**KUBERNETES, "sub": "system:serviceaccount:ci:runner"}
    file = tmp_path / "token"
    file.write_text(
        place.platform.token(account, header={"typ": None}, aud=[place.snowflake.origin])
    )
    with place.platform.up():
        place.platform.tell(keys=KEYS, media_type="application/jwk-set+json")
        [script] = commands("serviceAccountToken")
        printed = run(script, "sh", tmp_path, ISSUER=place.snowflake.origin, TOKEN_FILE=str(file))
    claims = claims_of(json.loads(printed)["access_token"])
    assert claims["sub"] == "runner:system:serviceaccount:ci:runner"
    assert claims["aud"] == place.snowflake.origin


def test_an_issuer_that_goes_down_rotates_and_lies(place: Place) -> None:
    platform, ours = place.platform, place.snowflake.origin
    token = platform.token(DEPLOYING, aud=ours)
    # Two workers: each has its own memory of keys, and of failures.
    asked = [place.ask(token) for _ in range(20)]
    assert {answer.status_code for answer in asked} == {503}
    assert asked[0].json()["error"] == "temporarily_unavailable"
    with platform.up():
        platform.tell(keys=KEYS)
        place.snowflake.wait_until(lambda: all(place.ask(token).is_success for _ in range(8)))
        key = ECKey.generate_key("P-256")
        rotated = platform.token(DEPLOYING, key, "ES256", aud=ours)
        platform.tell(keys=[key.as_dict(private=False)])
        place.snowflake.wait_until(lambda: all(place.ask(rotated).is_success for _ in range(8)))
        # Keys that are known serve while the issuer lies, and while it is gone.
        platform.tell(document_changes={"issuer": GITHUB_ISSUER})
        assert all(place.ask(rotated).is_success for _ in range(8))
    assert all(place.ask(rotated).is_success for _ in range(8))


def test_no_stranger_gets_in_or_breaks_anything(place: Place) -> None:
    platform, ours = place.platform, place.snowflake.origin
    with platform.up():
        platform.tell(keys=KEYS)
        good = platform.token(DEPLOYING, aud=ours)
        place.snowflake.wait_until(lambda: place.ask(good).is_success)
        strangers = [
            platform.token({**DEPLOYING, "sub": "repo:mallory/x:environment:production"}, aud=ours),
            platform.token({**DEPLOYING, "repository_owner_id": "666"}, aud=ours),
            platform.token(DEPLOYING, aud="https://vault.example.com"),
            platform.token(DEPLOYING, aud=ours, exp=int(time.time()) - 61),
            platform.token(DEPLOYING, ECKey.generate_key("P-256"), "ES256", aud=ours),
            good[:-8] + "AAAAAAAA",
            "x" * 20_000,
            "." * 3000,
        ]
        for token in strangers:
            answer = place.ask(token)
            assert answer.status_code in {400, 401}, answer.text
            assert answer.json()["error"] in {"invalid_client", "invalid_request"}
        # One for one client is none for the other.
        assert place.ask(good, "runner").status_code == 401
        assert place.ask(good).is_success


def test_another_snowflake_is_an_issuer_too(tmp_path: Path) -> None:
    port, other_port = free_port(), free_port()
    ours, theirs = f"http://localhost:{port}", f"http://localhost:{other_port}"
    machine = '[[clients]]\nid = "{}"\ngrant_types = ["client_credentials"]\n'
    first = machine.format("nightly") + f'secret = "s"\naudience = "{ours}"\n'
    first += machine.format("daily") + f'secret = "s"\naudience = "{ours}"\n'
    trust = f'[[clients.trusts]]\nissuer = "{theirs}"\nsubject = "nightly"\n'
    with (
        serving_file(tmp_path / "theirs", other_port, first),
        serving_file(tmp_path / "ours", port, machine.format("deploy") + trust) as started,
    ):
        place = Place(started, Platform(theirs, other_port, tmp_path / "none"))
        form = {"grant_type": "client_credentials"}
        for client_id, status in (("nightly", 200), ("daily", 401)):
            got = httpx.post(f"{theirs}/token", data=form, auth=(client_id, "s"), trust_env=False)
            answer = place.ask(got.json()["access_token"])
            assert answer.status_code == status, answer.text
            if answer.is_success:
                assert claims_of(answer.json()["access_token"])["sub"] == "deploy:nightly"
