from collections.abc import Mapping

import pytest

from snowflake.configuration.advice import cautions
from snowflake.settings import Settings

BIRDS = "197038439483310086"
CLIENT = {"id": "grafana", "secret": "s", "redirect_uris": ["https://g.example.com/cb"]}


def told(groups: Mapping[str, object], own: Mapping[str, object] | None = None) -> list[str]:
    clients = [{**CLIENT, "id": "plain"}, *([] if own is None else [{**CLIENT, "groups": own}])]
    settings = Settings.model_validate({"groups": groups, "clients": clients})
    return [sentence.partition(": ")[0] for sentence in cautions(settings)]


def test_groups_that_anybody_can_name_are_told() -> None:
    assert told({"shape": "name"}) == ["groups"]
    assert told({"names_claim": True}) == ["groups"]


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"shape": "object"},
        {"shape": "name", "guilds": [BIRDS]},
        {"names_claim": True, "guilds": [BIRDS]},
        {"shape": "name", "only_named": True},
        {"shape": "name", "guild_name": "{guild} {guild_id}"},
        {"shape": "name", "include": ["roles"]},
    ],
)
def test_others_are_not(groups: Mapping[str, object]) -> None:
    assert told(groups) == []


def test_those_of_a_client_are_told_by_its_id() -> None:
    assert told({}, {"shape": "name"}) == ["clients.grafana.groups"]
    assert told({"guilds": [BIRDS]}, {"shape": "name"}) == []
    assert told({"shape": "name"}, {"shape": "id"}) == ["groups"]


AUTHENTIK = "https://authentik.example.com/source/oauth/callback/discord/"
PATTERN = r"regex:https://auth[0-9]\.example\.com/source/oauth/callback/.*"


@pytest.mark.parametrize("uri", [AUTHENTIK, PATTERN])
@pytest.mark.parametrize(
    ("groups", "own"),
    [
        ({"shape": "object"}, {}),
        ({"shape": "object"}, {"groups": {"guilds": [BIRDS]}}),
        ({"shape": "object"}, {"scopes": ["groups"]}),
        ({}, {"groups": {"shape": "object"}}),
    ],
)
def test_objects_for_an_authentik_are_told(
    uri: str, groups: Mapping[str, object], own: Mapping[str, object]
) -> None:
    client = {**CLIENT, "redirect_uris": ["https://g.example.com/cb", uri], **own}
    settings = Settings.model_validate({"groups": groups, "clients": [client]})
    [told] = cautions(settings)
    assert told.startswith("clients.grafana: Authentik, 2024.12 to 2025.12, answers")
    assert "names_claim = true" in told


@pytest.mark.parametrize(
    "own",
    [
        {"groups": {"shape": "name", "guilds": [BIRDS]}},
        {"groups": {"shape": "id"}},
        {"scopes": ["profile"]},
        {"redirect_uris": CLIENT["redirect_uris"]},
    ],
)
def test_other_groups_and_other_applications_are_not(own: Mapping[str, object]) -> None:
    client = {**CLIENT, "redirect_uris": [AUTHENTIK], **own}
    configured = {"groups": {"shape": "object"}, "clients": [client]}
    assert list(cautions(Settings.model_validate(configured))) == []


@pytest.mark.parametrize(
    ("variable", "allowed", "is_told"),
    [("", ("*",), True), ("", (), False), ("*", ("*",), False), (None, ("*",), False)],
)
def test_an_empty_list_of_clients_that_lets_all_in_is_told(
    variable: str | None,
    allowed: tuple[str, ...],
    is_told: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if variable is not None:
        monkeypatch.setenv("SNOWFLAKE_ALLOWED_CLIENTS", variable)
    told = list(cautions(Settings(allowed_clients=allowed)))
    assert [line.partition(":")[0] for line in told] == ["SNOWFLAKE_ALLOWED_CLIENTS"] * is_told


def test_an_application_without_its_secret_is_told() -> None:
    application = {"discord_client_id": "1056005449054429204"}
    assert "without discord_client_secret" in " ".join(
        cautions(Settings.model_validate(application))
    )
    secret = {"discord_client_secret": "of-the-application"}
    assert list(cautions(Settings.model_validate({**application, **secret}))) == []
