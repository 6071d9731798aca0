from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest

from snowflake.sandbox.discord import CAST, Application, Person, SimulatedDiscord
from snowflake.sandbox.discord.scopes import SCOPES
from tests.sandbox.discord.party import ADA, EVERYBODY, REDIRECT_URI, Party, returned


class Fields(HTMLParser):
    """The values of a page's inputs and buttons."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.values: list[str | None] = []
        self.checked: list[str | None] = []
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in {"input", "button"}:
            self.values.append(values.get("value"))
        if "checked" in values:
            self.checked.append(values.get("value"))


def test_the_page_offers_everybody_of_the_cast(party: Party) -> None:
    page = party.ask()
    assert page.status_code == 200
    people = [person.id for person in EVERYBODY]
    assert Fields(page).values == [*people, "authorize", "cancel"]


def test_the_page_says_in_words_what_is_asked(party: Party) -> None:
    page = party.ask(scope="identify guilds").text
    assert SCOPES["identify"] in page
    assert SCOPES["guilds"] in page
    assert SCOPES["email"] not in page


def test_the_page_says_that_it_is_a_simulation(party: Party) -> None:
    assert "Simulated Discord" in party.ask().text
    assert "Simulated Discord" in party.ask(client_id="1").text


def test_names_are_escaped(party: Party) -> None:
    page = party.ask().text
    assert "Lighthouse &lt;Portal&gt;" in page
    assert "<Portal>" not in page


def test_nothing_but_the_stylesheet_may_be_loaded(party: Party) -> None:
    headers = party.ask().headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    # Browsers hold every redirect after the form against it, and the last one is anywhere.
    assert "form-action" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert party.browser.get("/style.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "999"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": REDIRECT_URI + "/"},
        {"redirect_uri": REDIRECT_URI.replace("https", "HTTPS")},
        {"redirect_uri": "https://evil.example.com/"},
        {"response_type": "token"},
        {"response_type": None},
        {"code_challenge": "a" * 43, "code_challenge_method": "plain"},
        {"code_challenge": "a" * 43},
    ],
)
@pytest.mark.parametrize("method", ["ask", "decide"])
def test_a_request_of_nobody_known_never_goes_back(
    party: Party, method: str, changes: dict[str, str | None]
) -> None:
    page = getattr(party, method)(**changes)
    assert page.status_code == 400
    assert "location" not in page.headers
    assert "This request stops here" in page.text


@pytest.mark.parametrize("scope", [None, "", "identify everything"])
@pytest.mark.parametrize("method", ["ask", "decide"])
def test_an_unknown_scope_goes_back_as_an_error(
    party: Party, method: str, scope: str | None
) -> None:
    answer = returned(getattr(party, method)(scope=scope))
    assert answer["error"] == "invalid_scope"
    assert answer["state"] == party.request()["state"]


def test_approval_goes_back_with_code_state_and_issuer(party: Party) -> None:
    response = party.decide()
    assert response.headers["location"].startswith(f"{REDIRECT_URI}?code=")
    answer = returned(response)
    assert answer.keys() == {"code", "state", "iss"}
    assert answer["state"] == party.request()["state"]
    assert answer["iss"] == "https://discord.com"


def test_a_query_in_the_redirect_uri_stays(party: Party) -> None:
    response = party.decide(redirect_uri=f"{REDIRECT_URI}?kept=1")
    assert urlsplit(response.headers["location"]).query.startswith("kept=1&code=")


def test_without_state_none_goes_back(party: Party) -> None:
    assert returned(party.decide(state=None)).keys() == {"code", "iss"}


def test_cancelling_goes_back_with_access_denied(party: Party) -> None:
    answer = returned(party.decide(decision="cancel"))
    assert answer.keys() == {"error", "error_description", "state", "iss"}
    assert answer["error"] == "access_denied"


@pytest.mark.parametrize(
    ("person", "decision"), [("1", "authorize"), ("", "authorize"), (ADA, "perhaps"), (ADA, "")]
)
def test_a_form_of_nonsense_is_shown_again(party: Party, person: str, decision: str) -> None:
    page = party.decide(person, decision)
    assert page.status_code == 400
    assert "Choose who you are" in page.text


def test_a_form_that_is_none_is_shown_again(party: Party) -> None:
    page = party.browser.post("/oauth2/authorize", params=party.request(), json={"person": ADA})
    assert page.status_code == 400


def test_the_browser_remembers_who_chose(party: Party) -> None:
    assert Fields(party.ask()).checked == [ADA]
    response = party.decide(CAST[3].id)
    assert "sandbox-discord=" in response.headers["set-cookie"]
    assert "HttpOnly" in response.headers["set-cookie"]
    assert Fields(party.ask()).checked == [CAST[3].id]


def test_prompt_none_skips_the_page_for_who_approved(party: Party) -> None:
    assert party.ask(prompt="none").status_code == 200
    party.decide()
    assert returned(party.ask(prompt="none"))["code"]
    assert returned(party.ask(prompt="none", scope="identify"))["code"]


@pytest.mark.parametrize("changes", [{"prompt": "consent"}, {"prompt": None}])
def test_other_prompts_ask_again(party: Party, changes: dict[str, str | None]) -> None:
    party.decide()
    assert party.ask(**changes).status_code == 200


def test_prompt_none_asks_for_scopes_that_are_new(party: Party) -> None:
    party.decide(scope="identify")
    assert party.ask(prompt="none", scope="identify email").status_code == 200


def test_prompt_none_asks_for_each_application(party: Party, discord: SimulatedDiscord) -> None:
    party.decide()
    other = Application("2", "Other", redirect_uris=(REDIRECT_URI,))
    discord.register(other)
    assert party.ask(prompt="none", client_id="2").status_code == 200


def test_who_removed_the_application_is_asked_again(
    party: Party, discord: SimulatedDiscord
) -> None:
    party.decide()
    discord.remove(party.application.id, ADA)
    assert party.ask(prompt="none").status_code == 200


def test_a_discord_without_people_still_has_a_page(party: Party, discord: SimulatedDiscord) -> None:
    discord.people.clear()
    assert Fields(party.ask()).values == ["authorize", "cancel"]


def test_people_may_join_while_it_runs(party: Party, discord: SimulatedDiscord) -> None:
    discord.people["7"] = Person("7", "late", "Came late.")
    assert returned(party.decide("7"))["code"]


def test_other_pages_do_not_exist(browser: httpx.Client, discord: SimulatedDiscord) -> None:
    page = browser.get("/app")
    assert page.status_code == 404
    assert "no such page" in page.text
