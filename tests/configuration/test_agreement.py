from pathlib import Path

import pytest

from tests.configuration.conftest import APPLICATION, Faults, Load

BOT = 'discord_bot_token = "a-bot"\n'
CLIENT = '[[clients]]\nid = "grafana"\nsecret = "s"\nredirect_uris = ["https://g.example.com/cb"]\n'
NO_GUILDS = f"{CLIENT}groups.guilds = []"


def test_registered_clients_need_an_application(faults: Faults) -> None:
    names = ("discord_client_id", "discord_client_secret")
    assert faults(CLIENT) == [
        f"1: clients: registered clients need {name} (SNOWFLAKE_{name.upper()})" for name in names
    ]


LINKED = (
    '[linked_roles]\nissuer = "https://authentik.example.com/o/snowflake/"\nclient_id = "s"\n'
    'client_secret = "s"\nplatform_name = "Society"\n[[linked_roles.metadata]]\nkey = "member"\n'
    'name = "Member"\ndescription = "Is a member"\ntype = "boolean_equal"\nvalue = "member"\n'
)


def test_linked_roles_need_an_application(load: Load, faults: Faults) -> None:
    assert faults(LINKED) == [
        "1: linked_roles: linked roles need discord_client_id (SNOWFLAKE_DISCORD_CLIENT_ID)",
        (
            "1: linked_roles: linked roles need discord_client_secret "
            "(SNOWFLAKE_DISCORD_CLIENT_SECRET)"
        ),
    ]
    assert load(APPLICATION + LINKED).linked_roles is not None


def test_a_login_does_not_help_linked_roles_that_are_not_there(load: Load, faults: Faults) -> None:
    at_login = "linked_roles_at_login = true\n"
    [told] = faults(at_login)
    assert told == "1: linked_roles_at_login: needs linked roles: the table [linked_roles]"
    assert load(at_login + APPLICATION + LINKED).linked_roles_at_login


def test_the_upstream_provider_is_reached_over_https_or_on_this_machine(
    load: Load, faults: Faults
) -> None:
    plain = APPLICATION + LINKED.replace("https://", "http://")
    [told] = faults(plain)
    assert told.startswith("4: linked_roles.issuer: must be https://, or http:// on a loopback")
    here = plain.replace("authentik.example.com", "127.0.0.1:9000")
    load(here)
    assert faults(f"treat_loopback_as_secure = false\n{here}") == [
        "5: linked_roles.issuer: must be https:// while treat_loopback_as_secure is false"
    ]


def test_a_fault_of_linked_roles_is_told_with_its_line(faults: Faults) -> None:
    [told] = faults(APPLICATION + LINKED.replace('value = "member"', 'value = "count(groups)"'))
    assert told == (
        "13: linked_roles.metadata.0.value: calls count, which is no function of JMESPath"
    )
    [told] = faults(
        APPLICATION + LINKED.replace("[[linked_roles.metadata]]", "[linked_roles.metadata]")
    )
    assert told.startswith("8: linked_roles.metadata: must be written as [[linked_roles.metadata]]")


def test_the_secrets_of_linked_roles_may_stand_in_files(load: Load, file: Path) -> None:
    (file.parent / "secret").write_text("from a file\n", "utf-8")
    table = load(
        APPLICATION + LINKED.replace('client_secret = "s"', 'client_secret_file = "secret"')
    ).linked_roles
    assert table is not None
    assert table.client_secret.get_secret_value() == "from a file"


def test_client_ids_are_unique(faults: Faults) -> None:
    told = faults(APPLICATION + CLIENT + CLIENT)
    assert told == ["8: clients.grafana.id: is the ID of another client too"]


def test_an_address_leads_to_one_issuer(load: Load, faults: Faults) -> None:
    named = f"{CLIENT}webfinger = true\n"
    hosts = f'allowed_webfinger_hosts = ["example.com"]\n{APPLICATION}'
    assert load(hosts + named).clients[0].webfinger
    told = faults(hosts + named + named.replace("grafana", "wiki"))
    [fault] = [each for each in told if "webfinger" in each]
    assert fault.endswith("clients.wiki.webfinger: is true for another client too; choose one")


@pytest.mark.parametrize("key", ["redirect_uris", "post_logout_redirect_uris"])
def test_an_asterisk_that_would_match_nothing_stops_the_start(key: str, faults: Faults) -> None:
    client = CLIENT if key != "redirect_uris" else CLIENT.partition("redirect_uris")[0]
    [told] = faults(f'{APPLICATION}{client}{key} = ["https://*.example.com/cb"]')
    assert f"clients.grafana.{key}.0: holds a *, but is compared to the letter" in told
    assert r"'regex:https://.*\.example\.com/callback'" in told


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('groups.include = ["roles"]', "1: groups.include: roles need guilds"),
        (
            'groups = { include = ["roles"], guilds = ["1"], shape = "name" }',
            "1: groups.shape: the names of roles need discord_bot_token",
        ),
        (
            f'{APPLICATION}{CLIENT}[clients.groups]\ninclude = ["roles"]',
            "8: clients.grafana.groups.include: roles need guilds",
        ),
        (
            "groups.names_claim = true",
            "1: groups.names_claim: needs discord_bot_token (SNOWFLAKE_DISCORD_BOT_TOKEN)",
        ),
        (
            f'{BOT}groups = {{ names_claim = true, shape = "name" }}',
            '2: groups.names_claim: goes with shape = "id"',
        ),
        (
            f'{BOT}groups.names_claim = true\n{APPLICATION}{CLIENT}groups.shape = "object"',
            '9: clients.grafana.groups.names_claim: goes with shape = "id"',
        ),
        ('access.any_role = ["1"]', "1: access.any_role: needs a guild"),
        ("access.screened = true", "1: access.screened: needs a guild"),
        ("access.not_timed_out = true", "1: access.not_timed_out: needs a guild"),
        (
            f'{APPLICATION}{CLIENT}access.no_role = ["1"]',
            "7: clients.grafana.access.no_role: needs a guild",
        ),
        (
            f'groups.guilds = ["1"]\naccess.any_role = ["1"]\n{APPLICATION}{NO_GUILDS}',
            "5: clients.grafana.access.any_role: needs a guild",
        ),
        (
            f'{APPLICATION}{CLIENT}scopes = ["openid", "profil"]',
            "7: clients.grafana.scopes.1: is no scope of Snowflake; is profile meant?",
        ),
        (
            f'{APPLICATION}{CLIENT}scopes = ["roles"]',
            "7: clients.grafana.scopes.0: is no scope of Snowflake; the scope is groups, and inc",
        ),
    ],
)
def test_what_does_not_go_together_is_told(faults: Faults, text: str, fault: str) -> None:
    [told] = faults(text)
    assert told.startswith(fault)


@pytest.mark.parametrize(
    "text",
    [
        'groups = { include = ["roles"], guilds = ["1"], shape = "id" }',
        'groups = { include = ["roles"], guilds = ["1"], shape = "name", only_named = true }',
        f'{BOT}groups = {{ include = ["roles"], guilds = ["1"], shape = "name" }}',
        'groups = { shape = "object" }',
        f"{BOT}groups.names_claim = true",
        f'{BOT}groups = {{ include = ["roles"], guilds = ["1"], names_claim = true }}',
        'access = { any_role = ["1"], any_guild = ["1"] }',
        'access.all_roles = ["1"]\ngroups.guilds = ["1"]',
        f'{APPLICATION}{CLIENT}scopes = ["openid", "groups"]',
        f'{APPLICATION}{CLIENT}[clients.access]\nany_guild = ["1"]\nscreened = true',
    ],
)
def test_what_goes_together_is_taken(load: Load, text: str) -> None:
    load(text)


@pytest.mark.parametrize("uri", ["http://localhost/cb", "regex:http://localhost:[0-9]+/cb"])
def test_plain_http_is_for_loopback_while_that_counts_as_secure(
    load: Load, faults: Faults, uri: str
) -> None:
    text = APPLICATION + CLIENT.replace("https://g.example.com/cb", uri)
    load(text)
    told = faults(f"treat_loopback_as_secure = false\n{text}")
    reason = "must be https:// while treat_loopback_as_secure is false"
    assert told == [f"7: clients.grafana.redirect_uris.0: {reason}"]


def test_an_apps_own_scheme_needs_no_loopback(load: Load) -> None:
    app = "app.immich:///oauth-callback"
    text = APPLICATION + CLIENT.replace("https://g.example.com/cb", app)
    [client] = load(f"treat_loopback_as_secure = false\n{text}").clients
    assert client.redirect_uris == (app,)


def test_a_logout_uri_that_cannot_be_used_is_told_with_its_line(faults: Faults) -> None:
    told = faults(f'{APPLICATION}{CLIENT}backchannel_logout_uri = "https://g.example.com/#x"')
    assert told == ["7: clients.grafana.backchannel_logout_uri: must not have a fragment"]
    public = CLIENT.replace('secret = "s"', "public = true")
    told = faults(f'{APPLICATION}{public}backchannel_logout_uri = "http://g.example.com/"')
    reason = "must begin with https://, since the client is public"
    assert told == [f"7: clients.grafana.backchannel_logout_uri: {reason}"]
