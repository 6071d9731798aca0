"""The blueprint for Authentik, as ``snowflake authentik`` prints it."""

from datetime import timedelta
from textwrap import indent
from typing import Any

import pytest
from pydantic import SecretStr

from snowflake.operator.authentik import Source, blueprint
from snowflake.settings.client import Client
from snowflake.settings.tables.access import AccessTable
from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.groups import GroupsTable
from tests.clients.blueprint import applied, read
from tests.login import CLIENT_ID

ISSUER = "https://snowflake.example.com"
CALLBACK = "https://authentik.example.com/source/oauth/callback/discord/"
ENVIRONMENT = {"DISCORD_CLIENT_SECRET": "from the environment"}
HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$Gn9iHh5wAcMNHhYvqQ4dYw"
    "$xk2OlzzdYsvgvQIYr5B6nq0jHjN2nTmTN3Ek3hPjM5E"
)


def source(registered: ClientTable | None = None, **changes: str) -> Source:
    client = Client(
        id=registered.id if registered else CLIENT_ID,
        application=CLIENT_ID,
        groups=GroupsTable(),
        access=AccessTable(),
        token_lifetime=timedelta(hours=1),
        id_token_lifetime=timedelta(hours=1),
        code_lifetime=timedelta(hours=1),
        refresh_token_lifetime=timedelta(days=30),
        grant_lifetime=timedelta(days=365),
        registered=registered,
    )
    values = {"authentik": "https://authentik.example.com", "slug": "discord", "name": "Discord"}
    return Source(client, ISSUER, **{**values, **changes})


def table(secret: str, redirect_uri: str = CALLBACK) -> ClientTable:
    return ClientTable(id="authentik", secret=SecretStr(secret), redirect_uris=(redirect_uri,))


@pytest.mark.parametrize(
    ("allowed", "asked_for"),
    [
        (None, "discord groups"),
        (("email", "profile", "groups", "discord"), "discord groups"),
        (("email", "profile", "groups"), "groups"),
        (("email", "profile"), ""),
        (("profile", "groups"), "*openid profile groups"),
        ((), "*openid"),
    ],
)
def test_no_scope_is_asked_for_that_the_client_may_not_have(
    allowed: tuple[str, ...] | None, asked_for: str
) -> None:
    narrow = table("the client's secret").model_copy(update={"scopes": allowed})
    made = applied(blueprint(source(narrow)), {})
    assert made.source["additional_scopes"] == asked_for
    assert len(made.expressions("group")) == ("groups" in asked_for)


def comment(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))


def test_every_value_that_an_operator_would_enter_is_filled_in() -> None:
    text = blueprint(source())
    assert read(text)["metadata"] == {"name": "Snowflake: discord"}
    assert applied(text, ENVIRONMENT).source == {
        "slug": "discord",
        "name": "Discord",
        "enabled": True,
        "provider_type": "openidconnect",
        "consumer_key": CLIENT_ID,
        "consumer_secret": "from the environment",
        "oidc_well_known_url": f"{ISSUER}/.well-known/openid-configuration",
        "additional_scopes": "discord groups",
        "pkce": "S256",
        "authorization_code_auth_method": "basic_auth",
        "user_matching_mode": "identifier",
        "group_matching_mode": "identifier",
        "user_property_mappings": ["Snowflake: attributes of discord"],
        "group_property_mappings": ["Snowflake: groups of discord"],
        "authentication_flow": "authentik_flows.flow slug=default-source-authentication",
        "enrollment_flow": "authentik_flows.flow slug=default-source-enrollment",
    }


def test_authentik_is_led_to_the_issuer_of_the_client() -> None:
    own = table("the client's secret").model_copy(update={"issuer_mode": "per_client"})
    text = blueprint(source(own))
    found = f"{ISSUER}/clients/authentik/.well-known/openid-configuration"
    assert applied(text, {}).source["oidc_well_known_url"] == found
    # Snowflake's own address is the same for all.
    assert f"{ISSUER}/callback" in comment(text)


def test_the_portal_of_a_discord_application_needs_the_long_form_with_its_slash() -> None:
    assert f"#    {ISSUER}/r/{CALLBACK}\n" in comment(blueprint(source()))


def test_a_registered_client_needs_the_short_form_at_discord() -> None:
    told = comment(blueprint(source(table("the client's secret"))))
    assert f"#    {ISSUER}/callback\n" in told
    assert "/r/" not in told
    assert CALLBACK not in told


def test_a_redirect_uri_that_the_client_lacks_is_told() -> None:
    told = comment(blueprint(source(table("the client's secret", CALLBACK.removesuffix("/")))))
    assert f"#    {CALLBACK}\n" in told


def test_a_secret_that_snowflake_has_is_filled_in() -> None:
    text = blueprint(source(table("the client's: 'secret'")))
    attributes = applied(text, {}).source
    assert attributes["consumer_key"] == "authentik"
    assert attributes["consumer_secret"] == "the client's: 'secret'"
    assert "the client's" not in comment(text)
    assert "keep this file as you keep passwords" in comment(text)


def test_who_has_an_account_of_that_username_already_reads_what_to_do() -> None:
    told = " ".join(comment(blueprint(source())).replace("#", " ").split())
    assert "connects it once, under Settings, Connected services" in told
    assert '"Failed to update user"' in told


@pytest.mark.parametrize("registered", [None, table(HASH)], ids=["at Discord", "a hash"])
def test_a_secret_that_nobody_knows_here_comes_from_authentiks_environment(
    registered: ClientTable | None,
) -> None:
    text = blueprint(source(registered, slug="discord-two"))
    assert HASH not in text
    # Whoever reads no further than this knows why Authentik would call the blueprint invalid.
    assert "DISCORD_TWO_CLIENT_SECRET" in "".join(text.splitlines()[:6])
    made = applied(text, {"DISCORD_TWO_CLIENT_SECRET": "secret"})
    assert made.source["consumer_secret"] == "secret"


@pytest.mark.parametrize("name", ["yes", "#1: \"odd\" 'name'", "a\nb", "!Env HOME", "🦉"])
def test_a_name_is_what_was_given_however_odd(name: str) -> None:
    assert applied(blueprint(source(name=name)), ENVIRONMENT).source["name"] == name


@pytest.mark.parametrize(
    ("claims", "attributes"),
    [
        (
            {"sub": "1", "discord": {"id": "1"}, "picture": "https://cdn.example.com/1.png"},
            {"discord": {"id": "1"}, "avatar": "https://cdn.example.com/1.png"},
        ),
        # As from an earlier Snowflake: what is there already stays as it is.
        ({"sub": "1"}, {}),
    ],
)
def test_the_mapping_gives_an_account_attributes_and_an_avatar(
    claims: dict[str, object], attributes: dict[str, object]
) -> None:
    [mapping] = applied(blueprint(source()), ENVIRONMENT).expressions("user")
    # As Authentik runs it: the body of a function, in which the claims are called info.
    scope: dict[str, Any] = {}
    exec(f"def run(info):\n{indent(mapping, '    ')}", scope)  # noqa: S102 - ours
    assert scope["run"](claims) == {"attributes": attributes}
