"""A blueprint for Authentik: the OpenID source that leads to Snowflake, with all values filled in.

Blueprints are YAML with tags of Authentik's own. This one has two entries: a property mapping, by
which an account gets its attributes and its avatar, and the source. What Authentik keeps of the
provider (URLs and keys) it reads from the well-known URL when the blueprint is applied, so that is
the only URL in it.
"""

from dataclasses import dataclass
from typing import Final

import yaml

from snowflake.phc import HASH
from snowflake.protocol.paths import CALLBACK, FORWARDING
from snowflake.registry import Client

#: ``info`` are the claims. What is not in them stays as it is.
MAPPING: Final = """\
attributes = {"discord": info.get("discord"), "avatar": info.get("picture")}
return {"attributes": {name: value for name, value in attributes.items() if value}}
"""
MODEL: Final = "authentik_sources_oauth"
#: The scopes that Authentik asks for by itself, and those that it is to ask for besides.
OF_ITSELF: Final = ("openid", "email", "profile")
BESIDES: Final = ("discord", "groups")


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with one of Authentik's tags, ``!Env``, ``!Find`` or ``!KeyOf``."""

    tag: str
    value: str | list[object]


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of the source. ``authentik`` is Authentik's address, without a slash."""

    client: Client
    issuer: str
    authentik: str
    slug: str
    name: str

    @property
    def callback(self) -> str:
        """The redirect URI that Authentik sends. It ends with a slash."""
        return f"{self.authentik}/source/oauth/callback/{self.slug}/"

    @property
    def variable(self) -> str:
        """The variable from which Authentik takes a secret that is not known here."""
        return f"{self.slug}_client_secret".upper().replace("-", "_")

    @property
    def secret(self) -> str | None:
        """The client's secret; None if Snowflake does not have it, or only its hash."""
        registered = self.client.registered
        if registered is None or registered.secret is None:
            return None
        secret = registered.secret.get_secret_value()
        return None if secret.startswith(HASH) else secret


def blueprint(source: Source) -> str:
    """Answer the blueprint as text, which begins with what the operator has to do by hand."""
    body = yaml.dump(
        _content(source), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120
    )
    return "".join(f"# {line}".rstrip() + "\n" for line in _instructions(source)) + body


def _content(source: Source) -> dict[str, object]:
    mapping = f"Snowflake: attributes of {source.slug}"
    secret = source.secret
    return {
        "version": 1,
        "metadata": {"name": f"Snowflake: {source.slug}"},
        "entries": [
            {
                "model": f"{MODEL}.oauthsourcepropertymapping",
                "id": "attributes",
                "identifiers": {"name": mapping},
                "attrs": {"expression": MAPPING},
            },
            {
                "model": f"{MODEL}.oauthsource",
                "identifiers": {"slug": source.slug},
                "attrs": {
                    "name": source.name,
                    "enabled": True,
                    "provider_type": "openidconnect",
                    "consumer_key": source.client.id,
                    "consumer_secret": (
                        Tagged("!Env", source.variable) if secret is None else secret
                    ),
                    "oidc_well_known_url": f"{source.issuer}/.well-known/openid-configuration",
                    "additional_scopes": _scopes(source.client),
                    # Its default is none.
                    "pkce": "S256",
                    "authorization_code_auth_method": "basic_auth",
                    # By name, a role called like a group of Authentik would join that group.
                    "user_matching_mode": "identifier",
                    "group_matching_mode": "identifier",
                    "user_property_mappings": [Tagged("!KeyOf", "attributes")],
                    "authentication_flow": _flow("default-source-authentication"),
                    "enrollment_flow": _flow("default-source-enrollment"),
                },
            },
        ],
    }


def _scopes(client: Client) -> str:
    """Answer Authentik's additional scopes, among those that the client may have.

    After an asterisk they stand in place of those that it would ask for by itself.
    """
    own = list(filter(client.allows_scope, OF_ITSELF))
    besides = list(filter(client.allows_scope, BESIDES))
    return " ".join(besides) if len(own) == len(OF_ITSELF) else "*" + " ".join(own + besides)


def _flow(slug: str) -> Tagged:
    return Tagged("!Find", ["authentik_flows.flow", ["slug", slug]])


def _instructions(source: Source) -> list[str]:
    secret = [
        f"2. Give Authentik's server and worker the variable {source.variable} with the client",
        "   secret, which Snowflake does not have.",
    ]
    known = ["2. The client secret stands below: keep this file as you keep passwords."]
    return [
        f"Signs people in to Authentik with Discord, by way of {source.issuer}.",
        "",
        "1. In the Discord Developer Portal, under OAuth2, Redirects, enter, to the letter,",
        *_redirects(source),
        *(secret if source.secret is None else known),
        "3. Snowflake has to run: Authentik asks it for its URLs and keys. Then put this file into",
        "   a folder below /blueprints of Authentik's worker, or import it under Customization,",
        "   Blueprints.",
        "4. Add the source to the login page: Flows and Stages, Stages,",
        "   default-authentication-identification, Sources.",
        "5. For Discord's avatars, put attributes.avatar first in System, Settings, Avatars.",
    ]


def _redirects(source: Source) -> list[str]:
    registered = source.client.registered
    if registered is None:
        return [f"   {source.issuer}{FORWARDING}{source.callback}"]
    at_discord = f"   {source.issuer}{CALLBACK}"
    if registered.redirects_to(source.callback):
        return [at_discord]
    missing = "   This client's redirect_uris in snowflake.toml do not have Authentik's yet; add"
    return [at_discord, missing, f"   {source.callback}"]


class _Dumper(yaml.SafeDumper):
    """Writes plain values, and those that have a tag."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - as PyYAML declares it
        """Indent lists below their key, as people write them."""
        super().increase_indent(flow, False)


def _tagged(dumper: yaml.SafeDumper, value: Tagged) -> yaml.Node:
    if isinstance(value.value, str):
        return dumper.represent_scalar(value.tag, value.value)
    return dumper.represent_sequence(value.tag, value.value, flow_style=True)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, "|" if "\n" in text else None)


_Dumper.add_representer(Tagged, _tagged)
_Dumper.add_representer(str, _text)
