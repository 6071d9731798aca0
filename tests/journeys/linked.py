"""A Snowflake with linked roles, between a simulated Discord and a simulated provider."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from itertools import count
from pathlib import Path
from re import findall
from typing import Any
from unittest.mock import patch

import httpx
from structlog.testing import capture_logs
from typer.testing import CliRunner

from snowflake.cli.commands import app
from snowflake.crypto.sealing import Note, Sealer
from snowflake.linked_roles.schema import TYPES
from snowflake.sandbox.serving import serving
from snowflake.sandbox.upstream import Client, Person, SimulatedProvider
from snowflake.settings import Settings
from snowflake.settings.tables.metadata import MetadataType
from tests.journeys.browser import Browser
from tests.journeys.registered import client
from tests.journeys.world import ADA, BOT_TOKEN, OWN_ID, OWN_SECRET, World, variables
from tests.journeys.world import world as running_world

CLIENT_ID, CLIENT_SECRET = "snowflake", "the-secret-at-the-provider"
HOOK_SECRET = "the-secret-of-the-hook"
PLATFORM = "Example Society"
#: Path of the provider's page on which people say who they are.
SIGN_IN = "/application/o/authorize/"
#: Parameters of a token endpoint that nobody else may see.
SECRET_PARAMETERS = ("client_secret", "code", "code_verifier", "refresh_token", "token")
_ids = count(1_200_000_000_000_000_001)

#: A claim by a dotted path, a group, a count, a date, a constant; the types that the sandbox's own
#: linked roles do not have are among them.
METADATA: tuple[tuple[str, MetadataType, str], ...] = (
    ("chapter", "integer_equal", "society.chapter.number"),
    ("board", "boolean_equal", "contains(groups, 'board')"),
    ("groups", "integer_less_than_or_equal", "length(groups)"),
    ("since", "datetime_less_than_or_equal", "member_since"),
    ("seven", "integer_not_equal", "`7`"),
)
#: The same as Discord has them.
SCHEMA = [
    {"type": TYPES[kind], "key": key, "name": key.title(), "description": f"About {key}"}
    for key, kind, _ in METADATA
]


def table(issuer: str, **settings: str) -> str:
    """Write ``[linked_roles]`` with the provider at this issuer."""
    given = {
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "hook_secret": HOOK_SECRET,
        "platform_name": PLATFORM,
        **settings,
    }
    text = "[linked_roles]\n" + _pairs(given)
    for key, kind, value in METADATA:
        item = {"key": key, "name": key.title(), "description": f"About {key}"}
        text += f"[[linked_roles.metadata]]\n{_pairs({**item, 'type': kind, 'value': value})}"
    return text


def _pairs(values: Mapping[str, str]) -> str:
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


@dataclass(frozen=True)
class LinkedWorld:
    """Both sides, Snowflake between them, and a registered client as which "source" signs in."""

    world: World
    provider: SimulatedProvider
    variables: Mapping[str, str]

    @property
    def origin(self) -> str:
        return self.world.snowflake.origin

    @property
    def start(self) -> str:
        """Where Discord sends people who want a linked role."""
        return f"{self.origin}/linked-role"

    def link(self, browser: Browser, person: str, username: str) -> httpx.Response:
        """Link somebody of Discord as somebody of the provider; answer the last page."""
        return self.sign_in(browser, self.to_provider(browser, person), username)

    def to_provider(self, browser: Browser, person: str) -> httpx.Response:
        """Go as far as to the provider's page."""
        reached = browser.open(self.start)
        if reached.url.path != SIGN_IN:
            reached = browser.allow(reached, person)
        assert reached.url.path == SIGN_IN, reached.text
        return reached

    def sign_in(self, browser: Browser, page: httpx.Response, username: str) -> httpx.Response:
        """On the provider's page, choose who one is, and go on."""
        return browser.submit(str(page.url), self.choice(username))

    def choice(self, username: str) -> dict[str, str]:
        """Fill in the form of the provider's page."""
        return {"person": self.provider.named(username).sub, "decision": "continue"}

    def connection(self, person: str) -> dict[str, Any]:
        """Answer what Discord knows of a person."""
        return self.world.discord.role_connections.find(OWN_ID, person).to_json()

    def command(self, *arguments: str) -> str:
        """Run ``snowflake linked-roles`` beside the Snowflake that serves; answer what it says."""
        # The audit log is told to nobody here, lest it stand among what the command says.
        run = CliRunner(env=self.variables).invoke
        # Chromium's event loop may be running in this thread.
        with (
            patch("snowflake.cli.running.configure_logs"),
            capture_logs(),
            ThreadPoolExecutor(1) as thread,
        ):
            done = thread.submit(run, app, ["linked-roles", *arguments]).result()
        assert done.exit_code == 0, done.output
        return done.output

    def links(self) -> dict[str, dict[str, Any]]:
        """Answer what ``list`` shows, by person."""
        return {link["person"]: link for link in json.loads(self.command("list", "--json"))}

    def put(self) -> int:
        """Answer how often Discord was told of somebody."""
        ends = "/role-connection"
        asked = self.world.discord.requests
        return sum(one.method == "PUT" and one.path.endswith(ends) for one in asked)

    def hook(self, sub: str) -> httpx.Response:
        """Say as the provider does that somebody has changed."""
        return self.world.http.post(
            f"{self.origin}/linked-roles/hook",
            json={"sub": sub},
            headers={"Authorization": f"Bearer {HOOK_SECRET}"},
        )

    def sealed(self, note: Note, at: float) -> str:
        """Seal a note as this Snowflake would have at a time."""
        settings = Settings(data_dir=Path(self.variables["SNOWFLAKE_DATA_DIR"]))
        return Sealer.load(settings).seal(note, at)

    @property
    def secrets(self) -> set[str]:
        """Every secret that went to and fro."""
        requests = (*self.world.discord.requests, *self.provider.requests)
        forms = [request.form or {} for request in requests]
        sent = [request.authorization[1] for request in requests]
        sent += [form.get(name, "") for form in forms for name in SECRET_PARAMETERS]
        return {HOOK_SECRET, CLIENT_SECRET, OWN_SECRET, BOT_TOKEN, *filter(None, sent)}

    @property
    def notes(self) -> set[str]:
        """Everything that was sealed and sent through a browser."""
        requests = (*self.world.discord.requests, *self.provider.requests)
        return {request.query["state"] for request in requests if "state" in request.query}

    def newcomer(self) -> str:
        """Answer the ID of somebody at Discord who has approved of nothing yet."""
        discord = self.world.discord
        person = replace(discord.people[ADA], id=str(next(_ids)))
        discord.people[person.id] = person
        return person.id

    def account(self) -> str:
        """Answer the username of a new account at the provider, which says the same as Ada's."""
        name = f"ada-{next(_ids)}"
        claims = {**self.provider.named("ada").claims, "preferred_username": name}
        self.provider.people[f"sub-{name}"] = Person(f"sub-{name}", "Somebody new.", claims)
        return name


@contextmanager
def linked_world(
    directory: Path, further: Mapping[str, str] | None = None, *options: str
) -> Iterator[LinkedWorld]:
    """Run it until the block ends; Discord has been told of the conditions.

    ``further`` are variables, and ``options`` are those of ``serve``.
    """
    provider = SimulatedProvider()
    with serving(provider.app) as upstream:
        file = table(provider.issuer_at(upstream)) + client("source")
        settings = {
            "SNOWFLAKE_DISCORD_BOT_TOKEN": BOT_TOKEN,
            "SNOWFLAKE_LINKED_ROLES_AT_LOGIN": "true",
            # Whatever hangs is given up soon.
            "SNOWFLAKE_DISCORD_DEADLINE": "1s",
            "SNOWFLAKE_LOG_LEVEL": "debug",
            **(further or {}),
        }
        with running_world(directory, settings, *options, file=file) as world:
            origin = world.snowflake.origin
            provider.register(
                Client(CLIENT_ID, CLIENT_SECRET, "Snowflake", (f"{origin}/linked-role/upstream",))
            )
            world.discord.add_redirect_uri(OWN_ID, f"{origin}/linked-role/discord")
            linked = LinkedWorld(
                world.registering,
                provider,
                {
                    **settings,
                    **variables(world.discord_origin),
                    "SNOWFLAKE_DATA_DIR": str(directory / "data"),
                    "SNOWFLAKE_CONFIG": str(directory / "snowflake.toml"),
                    "SNOWFLAKE_DISCORD_CLIENT_ID": OWN_ID,
                    "SNOWFLAKE_DISCORD_CLIENT_SECRET": OWN_SECRET,
                },
            )
            assert "added: chapter (integer_equal)" in linked.command("register", "--yes")
            yield linked


def title_of(response: httpx.Response) -> str:
    """Read the heading of a page."""
    [title] = findall("<h1>(.*)</h1>", response.text)
    return unescape(title)
