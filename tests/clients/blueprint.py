"""Authentik's blueprints: read with its tags, and applied to the imitation of its source."""

from collections.abc import Mapping
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


def read(text: str) -> Json:
    """Read a blueprint. A tag becomes the pair of its name and what stands behind it."""
    blueprint: Json = yaml.load(text, _Loader)  # noqa: S506 - it is a safe one
    return blueprint


def applied(text: str, environment: Mapping[str, str]) -> tuple[Json, Json]:
    """Answer the attributes of the source and of its property mapping, tags resolved."""
    blueprint = read(text)
    assert blueprint["version"] == 1
    mapping, source = blueprint["entries"]
    assert mapping["model"] == "authentik_sources_oauth.oauthsourcepropertymapping"
    assert source["model"] == "authentik_sources_oauth.oauthsource"
    known = {mapping["id"]: mapping["identifiers"]["name"]}

    def resolved(value: Any) -> Any:
        match value:
            case "Env", name:
                return environment[name]
            case "KeyOf", name:
                return known[name]
            case "Find", [model, [key, wanted]]:
                return f"{model} {key}={wanted}"
            case list():
                return [resolved(one) for one in value]
        return value

    attributes = {**source["identifiers"], **source["attrs"]}
    return {name: resolved(value) for name, value in attributes.items()}, mapping["attrs"]


def source_from(text: str, http: httpx.Client, environment: Mapping[str, str]) -> Source:
    """Make the source as Authentik does when it applies the blueprint."""
    attributes, _ = applied(text, environment)
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
