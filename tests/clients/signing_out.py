"""What is so before and after somebody signs out at an application that takes them to us."""

from tests.journeys.browser import Browser, parameters
from tests.journeys.relying_party import RelyingParty, Secrets
from tests.journeys.world import World


def is_signed_in(browser: Browser, party: RelyingParty) -> bool:
    """Whether a browser has a session with us."""
    answer = browser.http.get(party.begin(Secrets(), prompt="none"))
    error = parameters(answer.headers["location"]).get("error")
    assert error in {None, "login_required"}
    return error is None


def logins_at_discord(world: World) -> int:
    """Answer how often Discord was asked who somebody is."""
    return sum(one.path == "/oauth2/authorize" for one in world.discord.requests)
