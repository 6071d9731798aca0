"""Dex as a broker: ``python -m tests.clients.dex PATH`` runs whole logins through it.

Its module cannot be installed by name, and to build it takes minutes: check Dex out, run
``go build ./cmd/dex``, and give the path of the program. What was tried is printed.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import httpx
import yaml
from joserfc import jwt
from joserfc.jwk import KeySet

from snowflake.sandbox.discord.places import LIGHTHOUSE
from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.gates import HERMIT
from tests.journeys.registered import client
from tests.journeys.relying_party import Json, RelyingParty
from tests.journeys.world import ADA, CALLBACK, CLIENT_SECRET, world
from tests.serving import free_port, running

APPLICATION, SECRET = "application", "a-secret-of-the-application"
SCOPE = "openid profile email groups offline_access"


def configuration(party: RelyingParty, port: int) -> str:
    """Write Dex's configuration; the connector is the guide's."""
    connector = {
        "issuer": party.issuer,
        "clientID": party.client_id,
        "clientSecret": CLIENT_SECRET,
        "redirectURI": f"http://localhost:{port}/dex/callback",
        "scopes": ["profile", "email", "groups"],
        "getUserInfo": True,
        "insecureEnableGroups": True,
        "allowedGroups": [LIGHTHOUSE],
    }
    return yaml.safe_dump(
        {
            "issuer": f"http://localhost:{port}/dex",
            "storage": {"type": "memory"},
            "web": {"http": f"127.0.0.1:{port}"},
            "oauth2": {"skipApprovalScreen": True},
            "connectors": [
                {"type": "oidc", "id": "snowflake", "name": "Discord", "config": connector}
            ],
            "staticClients": [
                {
                    "id": APPLICATION,
                    "secret": SECRET,
                    "name": "An application",
                    "redirectURIs": [CALLBACK],
                }
            ],
        }
    )


@contextmanager
def dex(program: str, party: RelyingParty, port: int, directory: Path) -> Iterator[str]:
    """Run it until the block ends, and answer its issuer."""
    file = directory / "dex.yaml"
    file.write_text(configuration(party, port))
    with running([program, "serve", str(file)], directory / "dex.log") as started:
        started.wait_for_http(f"http://127.0.0.1:{port}/dex/healthz")
        yield f"http://localhost:{port}/dex"


def start(issuer: str) -> str:
    """Answer where a login of the application begins."""
    query = {
        "client_id": APPLICATION,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": SCOPE,
        "state": "a-state",
    }
    return f"{issuer}/auth?{urlencode(query)}"


def tokens(issuer: str, **form: str) -> Json:
    """Ask Dex for tokens."""
    response = httpx.post(
        f"{issuer}/token", data=form, auth=(APPLICATION, SECRET), trust_env=False, timeout=15
    )
    response.raise_for_status()
    answer: Json = response.json()
    return answer


def claims(issuer: str, answer: Json) -> Json:
    """Check an ID token of Dex and answer what it says."""
    keys = httpx.get(f"{issuer}/keys", trust_env=False).raise_for_status().json()
    return dict(jwt.decode(answer["id_token"], KeySet.import_key_set(keys), ["RS256"]).claims)


def try_dex(issuer: str) -> Iterator[str]:
    """Answer what works, one sentence a thing; the first that does not is an exception."""
    with Browser() as browser:
        arrived = parameters(browser.sign_in(start(issuer), ADA))
        answer = tokens(
            issuer, grant_type="authorization_code", code=arrived["code"], redirect_uri=CALLBACK
        )
        said = claims(issuer, answer)
        assert said["email"] == "ada@example.com"
        assert said["preferred_username"] == "ada.lindqvist"
        assert said["groups"] == [LIGHTHOUSE], said["groups"]
        yield f"A login: {said['name']}, of the group {', '.join(said['groups'])}."
        renewed = tokens(issuer, grant_type="refresh_token", refresh_token=answer["refresh_token"])
        assert claims(issuer, renewed)["groups"] == said["groups"]
        yield "A refresh, for which Dex refreshes at Snowflake."
    with Browser() as browser:
        page = browser.allow(browser.open(start(issuer)), HERMIT)
        yield f"Somebody without the group: {told(page)}"
    with Browser() as browser:
        page = browser.refuse(browser.open(start(issuer)))
        yield f"Somebody who cancels: {told(page)}"


def told(response: httpx.Response) -> str:
    """Answer what somebody hears who is not let in, by page or at the application."""
    if response.has_redirect_location:
        return f"the application hears {parameters(arrival(response)).get('error')}"
    return f"{response.status_code}, {' '.join(re.findall('<p>(.*?)</p>', response.text))}"


def main(program: str) -> None:
    """Try both kinds of client."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        with world(directory, file=client("confidential")) as discord_application:
            for kind in (discord_application, discord_application.registering):
                sys.stdout.write(f"{'Registered client' if kind.registers else 'Discord'}\n")
                port = free_port()
                party = kind.party(redirect_uri=f"http://localhost:{port}/dex/callback")
                with dex(program, party, port, directory) as issuer:
                    for sentence in try_dex(issuer):
                        sys.stdout.write(f"  {sentence}\n")


if __name__ == "__main__":
    main(sys.argv[1])
