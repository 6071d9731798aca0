"""Keycloak, as its Maven repository has it, in production mode with its file database.

Discord is an identity provider of the kind "OAuth v2". Whoever comes for the first time gets a user
without being shown a page: the review of a profile is off, and no profile is verified, since
Discord tells no first and no last name. Everything else is Keycloak's default.
"""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.benchmarks.browser import APPLICATION
from tests.benchmarks.discord import CLIENT_ID, CLIENT_SECRET
from tests.benchmarks.processes import Discord
from tests.benchmarks.registered import CLIENT
from tests.benchmarks.rivals.visitor import Provider
from tests.serving import free_port, running

REALM = "people"
ADMINISTRATOR = "administrator"
#: Seconds for its start, and for each request of the set-up: on a busy machine it takes minutes.
PATIENCE = 300


@contextmanager
def keycloak(distribution: Path, directory: Path, discord: Discord) -> Iterator[Provider]:
    """Run Keycloak until the block ends. The distribution has been built for ``dev-file``."""
    port, password = free_port(), secrets.token_urlsafe()
    home, origin = directory / f"keycloak-{port}", f"http://localhost:{port}"
    shutil.copytree(distribution, home)
    command = [str(home / "bin" / "kc.sh"), "start", "--optimized"]
    variables = {
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": password,
        "KC_CACHE": "local",
        "KC_HOSTNAME": origin,
        "KC_HTTP_ENABLED": "true",
        "KC_HTTP_HOST": "127.0.0.1",
        "KC_HTTP_PORT": str(port),
    }
    with running(command, directory / f"keycloak-{port}.log", variables) as started:
        # It listens before it is ready.
        started.wait_for_http(origin, PATIENCE)
        started.wait_until(lambda: _is_ready(origin), PATIENCE)
        furnish(origin, password, discord)
        endpoints = f"/realms/{REALM}/protocol/openid-connect"
        yield Provider(
            "Keycloak",
            started.process,
            origin,
            CLIENT,
            authorization=f"{endpoints}/auth",
            token=f"{endpoints}/token",
            userinfo=f"{endpoints}/userinfo",
        )


def furnish(origin: str, password: str, discord: Discord) -> None:
    """Make a realm with one client, whose people come from Discord."""
    with httpx.Client(base_url=origin, trust_env=False, timeout=PATIENCE) as http:
        form = {"client_id": "admin-cli", "grant_type": "password", "username": ADMINISTRATOR}
        token = http.post(
            "/realms/master/protocol/openid-connect/token", data={**form, "password": password}
        )
        http.headers["Authorization"] = f"Bearer {token.raise_for_status().json()['access_token']}"
        http.base_url = f"{origin}/admin/realms"
        _make(http, "", {"realm": REALM, "enabled": True})
        _make(http, f"/{REALM}/clients", _CLIENT)
        _show_no_page(http)
        _make(http, f"/{REALM}/identity-provider/instances", _provider(discord))


_CLIENT = {
    "clientId": CLIENT,
    "secret": CLIENT_SECRET,
    "redirectUris": [APPLICATION],
    "standardFlowEnabled": True,
}


def _provider(discord: Discord) -> dict[str, object]:
    api = f"{discord.origin}/api/v10"
    return {
        "alias": "discord",
        "providerId": "oauth2",
        "enabled": True,
        "trustEmail": True,
        "config": {
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "clientAuthMethod": "client_secret_post",
            "authorizationUrl": f"{discord.origin}/oauth2/authorize",
            "tokenUrl": f"{api}/oauth2/token",
            "userInfoUrl": f"{api}/users/@me",
            "defaultScope": "identify email",
            "userIDClaim": "id",
            "userNameClaim": "username",
            "fullNameClaim": "global_name",
            "emailClaim": "email",
        },
    }


def _show_no_page(http: httpx.Client) -> None:
    """Go to Discord at once, and make users without a review of their profile."""
    verifying = f"/{REALM}/authentication/required-actions/VERIFY_PROFILE"
    http.put(verifying, json={**_read(http, verifying), "enabled": False}).raise_for_status()
    for flow, step, setting in (
        ("first broker login", "idp-review-profile", {"update.profile.on.first.login": "off"}),
        ("browser", "identity-provider-redirector", {"defaultProvider": "discord"}),
    ):
        steps = _read(http, f"/{REALM}/authentication/flows/{flow}/executions")
        (found,) = (one for one in steps if one.get("providerId") == step)
        _make(
            http,
            f"/{REALM}/authentication/executions/{found['id']}/config",
            {"alias": f"{step} of this benchmark", "config": setting},
        )


def _is_ready(origin: str) -> bool:
    return httpx.get(f"{origin}/realms/master", trust_env=False, timeout=PATIENCE).is_success


def _make(http: httpx.Client, path: str, thing: object) -> None:
    http.post(path, json=thing).raise_for_status()


def _read(http: httpx.Client, path: str) -> Any:
    return http.get(path).raise_for_status().json()
