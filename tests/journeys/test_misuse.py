"""What goes wrong between browser, application and Snowflake, by accident or on purpose."""

from dataclasses import replace

import pytest

from tests.journeys.browser import Browser, arrival, parameters
from tests.journeys.relying_party import RelyingParty, Secrets, error_of, tokens_of
from tests.journeys.world import ADA, CLIENT_SECRET, World, sign_in


def test_a_refusal_goes_back_to_the_application(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    arrived = arrival(browser.refuse(browser.open(party.begin(login))))
    assert arrived.startswith(f"{party.redirect_uri}?")
    answer = parameters(arrived)
    assert answer.pop("error_description")
    assert answer == {"error": "access_denied", "state": login.state, "iss": party.issuer}


def test_after_a_refusal_the_next_login_works(party: RelyingParty, browser: Browser) -> None:
    browser.refuse(browser.open(party.begin(Secrets())))
    assert sign_in(party, browser)[0]["sub"] == ADA


def test_two_tabs_do_not_end_each_other(party: RelyingParty, browser: Browser) -> None:
    first, second = Secrets(), Secrets()
    first_page, second_page = browser.open(party.begin(first)), browser.open(party.begin(second))
    for login, page in ((first, first_page), (second, second_page)):
        code = party.code(login, arrival(browser.allow(page, ADA)))
        assert party.claims(tokens_of(party.redeem(login, code)))["nonce"] == login.nonce


def test_a_login_that_began_in_another_browser_ends_on_a_page(
    party: RelyingParty, browser: Browser
) -> None:
    consent = browser.open(party.begin(Secrets()))
    with Browser() as other:
        page = other.allow(consent, ADA)
    assert page.status_code == 400
    assert "be finished here" in page.text
    assert "href" not in page.text


def test_a_stolen_link_does_not_sign_the_victim_in_as_somebody_else(
    party: RelyingParty, browser: Browser
) -> None:
    # The attacker stops just before Snowflake's callback and sends that link to the victim,
    # who has a login of their own under way.
    with Browser() as attacker:
        consent = attacker.open(party.begin(Secrets()))
        form = {"person": ADA, "decision": "authorize"}
        link = attacker.http.post(consent.url, data=form).headers["location"]
    browser.open(party.begin(Secrets()))
    page = browser.open(link)
    assert page.status_code == 400
    assert not page.has_redirect_location


def test_a_callback_that_never_was_at_discord_ends_on_a_page(
    world: World, browser: Browser
) -> None:
    for path in ("/r/https://evil.example.com/", "/r/https://evil.example.com/?code=1&state=2"):
        page = browser.open(world.snowflake.origin + path)
        assert page.status_code == 400
        assert "evil" not in page.text


def test_a_note_does_not_open_another_redirect_uri(party: RelyingParty, browser: Browser) -> None:
    # The attacker's browser holds a true note; the path after /r/ is another application's.
    state = browser.open(party.begin(Secrets())).url.params["state"]
    elsewhere = f"{party.issuer}/r/https://evil.example.com/?code=1&state={state}"
    page = browser.open(elsewhere)
    assert page.status_code == 400
    assert not page.has_redirect_location


def test_discord_refuses_an_unregistered_redirect_uri_on_its_own_page(
    party: RelyingParty, browser: Browser
) -> None:
    page = browser.open(
        replace(party, redirect_uri="https://app.example.com/other").begin(Secrets())
    )
    assert page.status_code == 400
    assert page.url.path == "/oauth2/authorize"
    assert "redirect_uri" in page.text


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://app.example.com/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
    ],
    ids=lambda changed: " ".join(changed.values()),
)
def test_a_faulty_request_ends_on_a_page_of_ours(
    changed: dict[str, str], party: RelyingParty, browser: Browser
) -> None:
    page = browser.open(party.begin(Secrets(), **changed))
    assert page.status_code == 400
    assert str(page.url).startswith(party.issuer)
    assert page.headers["x-request-id"] in page.text


def test_a_code_is_redeemed_once(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens_of(party.redeem(login, code))
    assert error_of(party.redeem(login, code), 400) == "invalid_grant"


def test_a_wrong_secret_does_not_burn_the_code(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    refused = replace(party, client_secret="wrong").redeem(login, code)
    assert error_of(refused, 401) == "invalid_client"
    assert refused.headers["www-authenticate"].startswith("Basic ")
    assert party.claims(tokens_of(party.redeem(login, code)))["sub"] == ADA


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "https://app.example.com/callback/"},
        {"code": "gAAAAA"},
    ],
    ids=" ".join,
)
def test_a_code_with_something_else_wrong_is_refused_and_not_burnt(
    changed: dict[str, str], party: RelyingParty, browser: Browser
) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    assert error_of(party.redeem(login, code, **changed), 400) == "invalid_grant"
    tokens_of(party.redeem(login, code))


def test_a_code_is_of_no_use_to_another_application(
    world: World, party: RelyingParty, browser: Browser
) -> None:
    login, thief = Secrets(), world.party()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    assert error_of(thief.redeem(login, code), 400) == "invalid_grant"
    tokens_of(party.redeem(login, code))


def test_pkce_cannot_be_stripped_from_a_login(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    assert error_of(replace(party, pkce=False).redeem(login, code), 400) == "invalid_grant"


def test_pkce_cannot_be_added_to_a_login_without_it(party: RelyingParty, browser: Browser) -> None:
    login, plain = Secrets(), replace(party, pkce=False)
    code = plain.code(login, browser.sign_in(plain.begin(login), ADA))
    assert error_of(party.redeem(login, code), 400) == "invalid_grant"


def test_a_public_application_that_sends_a_secret_must_send_the_right_one(
    world: World, browser: Browser
) -> None:
    party, login = world.party(public=True), Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    wrong = replace(party, method="client_secret_post", client_secret="wrong")
    assert error_of(wrong.redeem(login, code), 401) == "invalid_client"
    right = replace(wrong, client_secret=CLIENT_SECRET)
    tokens_of(right.redeem(login, code))


def test_an_id_token_is_no_access_token(party: RelyingParty, browser: Browser) -> None:
    login = Secrets()
    code = party.code(login, browser.sign_in(party.begin(login), ADA))
    tokens = tokens_of(party.redeem(login, code))
    headers = {"Authorization": f"Bearer {tokens['id_token']}"}
    refused = party.http.get(f"{party.issuer}/userinfo", headers=headers)
    assert error_of(refused, 401) == "invalid_token"
