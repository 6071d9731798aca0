import ssl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.world import World, world
from tests.proxies.documented import (
    CARELESS,
    HOST,
    PROXIES,
    below_a_path,
    block,
    proxying,
    replaced,
)
from tests.proxies.neighbours import ORIGIN, TRUSTING, Site, neighbours
from tests.proxies.through import Through
from tests.tls import authority

PATH = "/snowflake"
#: Clients with an issuer to themselves, and how that spells their IDs.
OWN = {"wiki": "wiki", "a|b@[c]\\d;e=`f`&{g}": "a%7Cb@%5Bc%5D%5Cd;e=%60f%60&%7Bg%7D"}
#: Each proxy as the guide has it, the same below a path, and what people write instead.
VARIANTS = [
    *(pytest.param((proxy, "", {}), id=proxy) for proxy in PROXIES),
    *(pytest.param((proxy, PATH, {}), id=f"{proxy} below a path") for proxy in PROXIES),
    *(
        pytest.param((proxy, "", wrong), id=f"careless {proxy}")
        for proxy, wrong in CARELESS.items()
    ),
]


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, World]]:
    """Answer a Snowflake for each base path."""
    with ExitStack() as stack:
        yield {
            path: stack.enter_context(
                world(
                    tmp_path_factory.mktemp("proxies"),
                    {**TRUSTING, "SNOWFLAKE_BASE_PATH": path or "/"},
                    file="".join(client(name, 'issuer_mode = "per_client"') for name in OWN),
                )
            )
            for path in ("", PATH)
        }


@pytest.fixture(scope="session")
def certificates() -> Iterator[Path]:
    # Not below pytest's own directory: proxies, started by root, read it as somebody else.
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        made = authority().issue_cert(HOST)
        made.private_key_pem.write_to_path(str(directory / "privkey.pem"))
        made.cert_chain_pems[0].write_to_path(str(directory / "fullchain.pem"))
        made.private_key_and_cert_chain_pem.write_to_path(str(directory / "snowflake.pem"))
        yield directory


@pytest.fixture(scope="session", params=VARIANTS)
def proxied(
    request: pytest.FixtureRequest, worlds: dict[str, World], certificates: Path
) -> Iterator[tuple[World, str, Through]]:
    """Run a proxy as the guide has it; answer the world behind, its issuer, and the way there."""
    proxy, path, changes = request.param
    text = replaced(below_a_path(proxy, block(proxy)) if path else block(proxy), changes)
    behind = worlds[path]
    context = ssl.create_default_context(cadata=authority().cert_pem.bytes().decode())
    with proxying(proxy, text, certificates, behind.snowflake.port) as port:
        through = Through(port, context)
        through.wait_for(f"{ORIGIN}{path}/health")
        with httpx.Client(trust_env=False, timeout=15, mounts={ORIGIN: through}) as http:
            yield replace(behind, http=http), f"{ORIGIN}{path}", through


@pytest.fixture(scope="module")
def site(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with neighbours(certificates, tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def browser(proxied: tuple[World, str, Through]) -> Iterator[Browser]:
    """A browser that reaches Snowflake by the proxy."""
    with Browser({ORIGIN: proxied[2].another()}) as opened:
        yield opened
