import pytest

from snowflake.sandbox.upstream import PEOPLE
from tests.sandbox.upstream.party import REDIRECT_URI, Party, returned


def test_the_page_offers_everybody_and_says_what_it_is(party: Party) -> None:
    page = party.ask()
    assert page.status_code == 200
    assert [person for person in PEOPLE if person.sub not in page.text] == []
    assert "Simulated OpenID provider" in page.text
    assert "Guild &lt;Roles&gt;" in page.text
    assert "form-action" not in page.headers["content-security-policy"]
    assert party.browser.get("/style.css").status_code == 200


@pytest.mark.parametrize("method", ["ask", "decide"])
@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"redirect_uri": REDIRECT_URI + "/"},
        {"redirect_uri": None},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
    ],
    ids=str,
)
def test_a_request_of_nobody_known_never_goes_back(
    party: Party, method: str, changes: dict[str, str | None]
) -> None:
    page = getattr(party, method)(**changes)
    assert page.status_code == 400
    assert "This request stops here" in page.text


def test_without_openid_the_scope_is_invalid(party: Party) -> None:
    assert returned(party.ask(scope="profile"))["error"] == "invalid_scope"


@pytest.mark.parametrize("redirect_uri", [REDIRECT_URI, f"{REDIRECT_URI}?a=1"])
def test_who_continues_goes_back_with_code_state_and_issuer(
    party: Party, origin: str, redirect_uri: str
) -> None:
    answer = returned(party.decide(redirect_uri=redirect_uri))
    assert answer.keys() - {"a"} == {"code", "state", "iss"}
    assert answer["state"] == party.request()["state"]
    assert answer["iss"] == party.provider.issuer_at(origin)


def test_without_a_state_there_is_none(party: Party) -> None:
    assert "state" not in returned(party.decide(state=None))


def test_who_cancels_goes_back_with_an_error(party: Party) -> None:
    assert returned(party.decide(decision="cancel"))["error"] == "access_denied"


@pytest.mark.parametrize(("person", "decision"), [("", "continue"), (PEOPLE[0].sub, "")])
def test_who_chooses_nothing_is_asked_again(party: Party, person: str, decision: str) -> None:
    page = party.decide(person, decision)
    assert page.status_code == 400
    assert "Choose who you are" in page.text


def test_a_disabled_account_is_let_in_nowhere(party: Party) -> None:
    page = party.decide(party.provider.named("left").sub)
    assert page.status_code == 400
    assert "This account is disabled." in page.text


def test_other_paths_are_not_there(party: Party) -> None:
    assert party.browser.get("/application/o/nowhere/").status_code == 404
    assert party.browser.delete("/application/o/token/").status_code == 405
