"""Keys of clients to which nobody signs in, or nobody by a browser."""

from typing import Final

import pytest

from snowflake.settings.tables.clients import ClientTable
from snowflake.settings.tables.clients.machines import OF_BROWSERS, OF_PEOPLE
from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.configuration.conftest import APPLICATION, Faults, Load

MACHINE: Final = f"""{APPLICATION}
[[scopes]]
name = "deploy"
description = "To deploy."
[scopes.claims]
where = "join(':', [client.id, assertion.environment])"
[[scopes]]
name = "who"
description = "Who."
[scopes.claims]
who = "username"
[[clients]]
id = "ci"
secret = "s"
grant_types = ["client_credentials"]
"""
DEVICE: Final = MACHINE.replace("client_credentials", DEVICE_CODE)
BOTH: Final = 'allowed_webfinger_hosts = ["example.com"]\n' + (
    MACHINE.replace('["client_', '["authorization_code", "refresh_token", "client_')
    + 'redirect_uris = ["https://ci.example.com/cb"]\n'
)
#: A value of each key that is not its default.
KEYS: Final = {
    "subject": '"hash"',
    "consent": '"once"',
    "webfinger": "true",
    "post_logout_redirect_uris": '["https://ci.example.com/"]',
    "backchannel_logout_uri": '"https://ci.example.com/bye"',
    "backchannel_logout_session_required": "false",
    "frontchannel_logout_session_required": "false",
    "id_token_lifetime": '"5m"',
    "refresh_token_lifetime": '"5d"',
    "refresh_token_threshold": '"1d"',
    "include_claims_in_id_token": "false",
    "signed_userinfo": "true",
    "access": "{ any_guild = ['197038439483310086'] }",
    "groups": '{ shape = "id" }',
}
#: What says where somebody is told of the end of a session, of which a key says how.
WHERE: Final = {
    f"{channel}_logout_session_required": f'{channel}_logout_uri = "https://ci.example.com/bye"\n'
    for channel in ("backchannel", "frontchannel")
}


def test_every_key_of_people_and_of_browsers_is_one_that_there_is() -> None:
    assert {*OF_PEOPLE, *OF_BROWSERS} <= ClientTable.model_fields.keys()


@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_says_something_of_people_is_none_of_a_machines(
    load: Load, faults: Faults, key: str
) -> None:
    [fault] = faults(f"{MACHINE}{key} = {KEYS[key]}")
    assert f"{key} is for logins, and its grant_types allow none" in fault
    assert load(f"{BOTH}{WHERE.get(key, '')}{key} = {KEYS[key]}").clients
    # By its default it says nothing.
    load(f'{MACHINE}consent = "never"\nsigned_userinfo = false')


@pytest.mark.parametrize(
    ("key", "value"), [("code_lifetime", '"30s"'), ("response_modes", '["fragment"]')]
)
def test_a_key_of_browsers_is_none_of_a_devices(faults: Faults, key: str, value: str) -> None:
    for lines in (MACHINE, DEVICE):
        [fault] = faults(f"{lines}{key} = {value}")
        assert f"{key} is for logins by a browser, and its grant_types allow none" in fault


def test_a_frontchannel_page_needs_a_redirect_uri(faults: Faults) -> None:
    [fault] = faults(f'{MACHINE}frontchannel_logout_uri = "https://ci.example.com/bye"')
    assert "frontchannel_logout_uri" in fault


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ('scopes = ["deploy", "who"]', "scopes[1]"),
        ('scopes = ["email"]', "scopes[0]"),
        ('[clients.claims]\nname = "username || client.id"', "claims.name"),
    ],
)
def test_what_is_about_people_is_nothing_that_a_machine_could_have(
    load: Load, faults: Faults, lines: str, fault: str
) -> None:
    [told] = faults(MACHINE + lines)
    assert "is about people, and by its grant_types nobody signs in to this client" in told
    assert load(BOTH + lines).clients


def test_a_machine_may_have_what_needs_no_person(load: Load) -> None:
    claims = '[clients.claims]\nteam = "assertion.team || client.name"'
    assert load(f'{MACHINE}scopes = ["openid", "deploy"]\n{claims}').clients


def test_an_audience_is_of_a_machine_alone(load: Load, faults: Faults) -> None:
    [client] = load(f'{MACHINE}audience = "https://api.example.com"').clients
    assert client.audience == "https://api.example.com"
    [fault] = faults(f'{DEVICE}audience = "https://api.example.com"')
    assert "audience is for client_credentials in grant_types" in fault
    for unfit in ("", "two words", "\\u00e4", "x" * 513):
        assert len(faults(f'{MACHINE}audience = "{unfit}"')) == 1


def test_an_id_of_digits_could_pass_for_a_persons(faults: Faults) -> None:
    [fault] = faults(MACHINE.replace('"ci"', '"80351110224678912"'))
    assert "could pass for a person's" in fault


def test_no_machine_refreshes(load: Load, faults: Faults) -> None:
    [fault] = faults(MACHINE.replace('["client_', '["refresh_token", "client_'))
    assert "refresh_token goes with authorization_code or the device code" in fault
    assert load(DEVICE.replace('["urn', '["refresh_token", "urn')).clients
