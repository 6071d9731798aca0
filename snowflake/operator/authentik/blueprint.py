"""The blueprint itself: YAML with tags of Authentik's own.

It has three entries: a property mapping by which an account gets its attributes and its avatar, one
by which a group gets its name, and the source. What Authentik keeps of the provider (URLs and keys)
it reads from the well-known URL when the blueprint is applied, so that is the only URL in it.
"""

from dataclasses import dataclass
from typing import Final

import yaml

from snowflake.operator.authentik.instructions import instructions
from snowflake.operator.authentik.mappings import ATTRIBUTES, groups
from snowflake.operator.authentik.source import Source
from snowflake.settings.client import Client

MODEL: Final = "authentik_sources_oauth"
PROPERTY_MAPPING: Final = f"{MODEL}.oauthsourcepropertymapping"
#: The scopes that Authentik asks for by itself, and those that it is to ask for besides.
OF_ITSELF: Final = ("openid", "email", "profile")
BESIDES: Final = ("discord", "groups")


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with one of Authentik's tags, ``!Env`` or ``!Find``."""

    tag: str
    value: str | list[object]


def blueprint(source: Source) -> str:
    """Answer the blueprint as text, which begins with what the operator has to do by hand."""
    body = yaml.dump(
        _content(source), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120
    )
    return "".join(f"# {line}".rstrip() + "\n" for line in instructions(source)) + body


def _content(source: Source) -> dict[str, object]:
    secret = source.secret
    mappings = {f"Snowflake: attributes of {source.slug}": ATTRIBUTES}
    if source.brings_groups:
        mappings[f"Snowflake: groups of {source.slug}"] = groups(source.group_prefix)
    of_users, *of_groups = map(_mapping, mappings)
    return {
        "version": 1,
        "metadata": {"name": f"Snowflake: {source.slug}"},
        "entries": [
            *(
                {
                    "model": PROPERTY_MAPPING,
                    "identifiers": {"name": name},
                    "attrs": {"expression": expression},
                }
                for name, expression in mappings.items()
            ),
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
                    "oidc_well_known_url": source.well_known_url,
                    "additional_scopes": _scopes(source.client),
                    # Its default is none.
                    "pkce": "S256",
                    "authorization_code_auth_method": "basic_auth",
                    # By name, whoever is called like somebody in Authentik would be them, and a
                    # role called like a group would join it.
                    "user_matching_mode": "identifier",
                    "group_matching_mode": "identifier",
                    "user_property_mappings": [of_users],
                    "group_property_mappings": of_groups,
                    "authentication_flow": _flow("default-source-authentication"),
                    "enrollment_flow": _flow("default-source-enrollment"),
                },
            },
        ],
    }


def _mapping(name: str) -> Tagged:
    # !KeyOf would hide what is wrong with the source behind "no entry of that id".
    return Tagged("!Find", [PROPERTY_MAPPING, ["name", name]])


def _scopes(client: Client) -> str:
    """Answer Authentik's additional scopes, among those that the client may have.

    After an asterisk they stand in place of those that it would ask for by itself.
    """
    own = list(filter(client.allows_scope, OF_ITSELF))
    besides = list(filter(client.allows_scope, BESIDES))
    return " ".join(besides) if len(own) == len(OF_ITSELF) else "*" + " ".join(own + besides)


def _flow(slug: str) -> Tagged:
    return Tagged("!Find", ["authentik_flows.flow", ["slug", slug]])


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
