"""What an operator has to know and to do by hand: the comment in which a blueprint begins."""

from textwrap import wrap

from snowflake.operator.authentik.source import Source
from snowflake.protocol.paths import CALLBACK, FORWARDING


def instructions(source: Source) -> list[str]:
    """Answer the lines. The first say of which variable Authentik reads the secret."""
    return [
        f"Signs people in to Authentik with Discord, by way of {source.issuer}.",
        *_secret(source),
        *_doubts(source),
        "",
        "1. In the Discord Developer Portal, under OAuth2, Redirects, enter, to the letter,",
        *_redirects(source),
        "2. Snowflake has to run: Authentik asks it for its URLs and keys. Then put this file into",
        "   a folder below /blueprints of Authentik's worker, or import it under Customization,",
        "   Blueprints.",
        "3. Add the source to the login page: Flows and Stages, Stages,",
        "   default-authentication-identification, Sources.",
        "4. Whoever has an account in Authentik already signs in to it and connects it once, under",
        "   Settings, Connected services. If it has the username that they have at Discord, their",
        '   login ends in "Failed to update user" until then.',
        "5. For Discord's avatars, put attributes.avatar first in System, Settings, Avatars.",
    ]


def _secret(source: Source) -> list[str]:
    if source.secret is not None:
        return ["Holds the client secret: keep this file as you keep passwords."]
    return [
        f"Reads the client secret, which Snowflake does not have, from {source.variable}:",
        "give Authentik's server and worker that variable first.",
    ]


def _doubts(source: Source) -> list[str]:
    groups = source.client.groups
    if source.fault is not None:
        return wrap(f"WARNING: {source.fault}.", 96)
    if source.brings_groups and groups.shape == "id" and not groups.names_claim:
        return [
            "Groups are called by their IDs. Names need names_claim = true in [groups], and a bot."
        ]
    return []


def _redirects(source: Source) -> list[str]:
    registered = source.client.registered
    if registered is None:
        return [f"   {source.issuer}{FORWARDING}{source.callback}"]
    at_discord = f"   {source.issuer}{CALLBACK}"
    if registered.redirects_to(source.callback):
        return [at_discord]
    missing = "   This client's redirect_uris in snowflake.toml do not have Authentik's yet; add"
    return [at_discord, missing, f"   {source.callback}"]
