"""Dex, built from its Go module by the program in ``dex/``.

Its connector of the kind "oauth" asks Discord as any OAuth 2.0 provider is asked. Everything else
is as ``dex serve`` has it by default; it shows no page, because there is one connector and
``skipApprovalScreen`` is set.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.browser import APPLICATION
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET
from tests.benchmarks.processes import Discord
from tests.benchmarks.registered import CLIENT
from tests.benchmarks.rivals.visitor import Provider
from tests.serving import free_port, running


@contextmanager
def dex(program: Path, directory: Path, discord: Discord, *, on_disk: bool) -> Iterator[Provider]:
    """Run Dex until the block ends, with its SQLite file or in memory."""
    port = free_port()
    issuer, api = f"http://localhost:{port}/dex", f"{discord.origin}/api/v10"
    connector = {
        "clientID": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "redirectURI": f"{issuer}/callback",
        "authorizationURL": f"{discord.origin}/oauth2/authorize",
        "tokenURL": f"{api}/oauth2/token",
        "userInfoURL": f"{api}/users/@me",
        "scopes": ["identify", "email"],
        "claimMapping": {
            "userNameKey": "global_name",
            "preferredUsernameKey": "username",
            "emailVerifiedKey": "verified",
        },
    }
    client = {
        "id": CLIENT,
        "secret": CLIENT_SECRET,
        "name": "An application",
        "redirectURIs": [APPLICATION],
    }
    wanted = {
        "issuer": issuer,
        "address": f"127.0.0.1:{port}",
        "file": str(directory / f"dex-{port}.db") if on_disk else "",
        "client": client,
        "connector": connector,
    }
    file = directory / f"dex-{port}.json"
    file.write_text(json.dumps(wanted), "utf-8")
    with running([str(program), str(file)], directory / f"dex-{port}.log") as started:
        started.wait_for_http(f"{issuer}/healthz")
        yield Provider(
            "Dex with SQLite" if on_disk else "Dex in memory",
            started.process,
            f"http://localhost:{port}",
            CLIENT,
            authorization="/dex/auth",
            token="/dex/token",
            userinfo="/dex/userinfo",
        )
