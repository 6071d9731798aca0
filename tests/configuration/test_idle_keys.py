"""A key that says nothing is a fault, for whoever wrote it meant something."""

import pytest

from snowflake.settings.tables.clients.responses import DEVICE_CODE
from tests.configuration.conftest import APPLICATION, Faults, Load

HEAD = f'{APPLICATION}[[clients]]\nid = "app"\nsecret = "s"\n'
BROWSER = f'{HEAD}redirect_uris = ["https://app.example.com/cb"]\n'
FRONT = f'{BROWSER}response_types = ["id_token"]\n'
MACHINE = f'{HEAD}grant_types = ["client_credentials"]\n'
DEVICE = f'{HEAD}grant_types = ["{DEVICE_CODE}"]\n'


@pytest.mark.parametrize(
    ("client", "line", "fault"),
    [
        (FRONT, 'code_lifetime = "5m"', "is about codes, and none of its response_types has one"),
        (DEVICE, 'refresh_token_lifetime = "5m"', "needs refresh_token in grant_types"),
        (DEVICE, 'refresh_token_threshold = "5m"', "needs refresh_token in grant_types"),
        (BROWSER, "backchannel_logout_session_required = false", "needs backchannel_logout_uri"),
        (BROWSER, "frontchannel_logout_session_required = false", "needs frontchannel_logout_uri"),
        (BROWSER, "webfinger = true", "needs allowed_webfinger_hosts"),
    ],
)
def test_the_fault_names_the_key_and_what_it_wants(
    faults: Faults, client: str, line: str, fault: str
) -> None:
    [told] = faults(client + line)
    assert f"clients.app.{line.split(maxsplit=1)[0]}: " in told
    assert fault in told


def test_what_is_usual_anyway_may_be_said(load: Load) -> None:
    lines = ('consent = "never"', "backchannel_logout_session_required = true", "webfinger = false")
    [client] = load(MACHINE + "\n".join(lines)).clients
    assert client.consent == "never"


def test_webfinger_leads_to_a_client_where_it_answers(load: Load) -> None:
    hosts = 'allowed_webfinger_hosts = ["example.com"]\n'
    assert load(f"{hosts}{BROWSER}webfinger = true").clients[0].webfinger


def test_a_name_without_end_is_cut(faults: Faults) -> None:
    [told] = faults(BROWSER.replace("app", "a" * 5000, 1))
    assert len(told) < 200
