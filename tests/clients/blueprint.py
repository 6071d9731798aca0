"""Authentik's blueprints: read with its tags, and applied to the imitation of its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import yaml

from tests.clients.authentik import Source
from tests.journeys.relying_party import Json


class _Loader(yaml.SafeLoader):
    """Knows the tags. What they lead to is found when a blueprint is applied."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> tuple[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return suffix, loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return suffix, loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _tag)

MAPPING = "authentik_sources_oauth.oauthsourcepropertymapping"


@dataclass(frozen=True)
class Applied:
    """What a blueprint makes: the attributes of the source, tags resolved, and its mappings.

    They are expressions, each by its name.
    """

    source: Json
    mappings: Mapping[str, str]

    def expressions(self, of: str) -> list[str]:
        """Answer the mappings ``of`` ``"user"`` or ``"group"``."""
        return [self.mappings[name] for name in self.source[f"{of}_property_mappings"]]


def read(text: str) -> Json:
    """Read a blueprint. A tag becomes the pair of its name and what stands behind it."""
    blueprint: Json = yaml.load(text, _Loader)  # noqa: S506 - it is a safe one
    return blueprint


def applied(text: str, environment: Mapping[str, str]) -> Applied:
    """Apply a blueprint. What an entry looks for is there before it, or comes with Authentik."""
    blueprint = read(text)
    assert blueprint["version"] == 1
    *mappings, source = blueprint["entries"]
    assert {mapping["model"] for mapping in mappings} == {MAPPING}
    assert source["model"] == "authentik_sources_oauth.oauthsource"
    known = {one["identifiers"]["name"]: one["attrs"]["expression"] for one in mappings}

    def resolved(value: Any) -> Any:
        match value:
            case "Env", name:
                return environment[name]
            case "Find", ["authentik_sources_oauth.oauthsourcepropertymapping", ["name", wanted]]:
                assert wanted in known
                return wanted
            case "Find", [model, [key, wanted]]:
                return f"{model} {key}={wanted}"
            case list():
                return [resolved(one) for one in value]
        return value

    attributes = {**source["identifiers"], **source["attrs"]}
    return Applied({name: resolved(value) for name, value in attributes.items()}, known)


def source_from(text: str, http: httpx.Client, environment: Mapping[str, str]) -> Source:
    """Make the source as Authentik does when it applies the blueprint."""
    attributes = applied(text, environment).source
    assert attributes["provider_type"] == "openidconnect"
    return Source(
        http,
        attributes["oidc_well_known_url"],
        attributes["consumer_key"],
        attributes["consumer_secret"],
        authentication=attributes["authorization_code_auth_method"],
        pkce=attributes["pkce"] == "S256",
        scopes=attributes["additional_scopes"],
    )
