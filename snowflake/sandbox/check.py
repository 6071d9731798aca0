"""Sign in through the example application without a browser."""

from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin

import httpx

TIMEOUT: Final = 30.0


class CheckFailed(Exception):
    """A sign-in did not work. The message is a sentence that names the step."""


def sign_in(example_origin: str, person: str | None = None) -> dict[str, Any]:
    """Sign in as somebody of the simulated Discord's cast and return the claims.

    ``example_origin`` is the example application's; ``person`` is a username or Discord user ID,
    None for the first of the cast. The claims are JSON values. Raises CheckFailed.
    """
    with httpx.Client(follow_redirects=True, timeout=TIMEOUT, trust_env=False) as browser:
        consent = _get(browser, f"{example_origin}/login", "beginning the sign-in")
        form = _ConsentForm(consent.text)
        if not form.people:
            reason = _reason(browser, example_origin) or _status(consent)
            raise CheckFailed(f"The sign-in began, but no consent page came: {reason}")
        fields = {"person": form.choose(person), "decision": "authorize"}
        _post(browser, urljoin(str(consent.url), form.action), fields)
        return _claims(browser, example_origin)


def _get(browser: httpx.Client, url: str, step: str) -> httpx.Response:
    try:
        return browser.get(url)
    except httpx.HTTPError as error:
        raise CheckFailed(f"No answer while {step}: {error}.") from error


def _post(browser: httpx.Client, url: str, fields: dict[str, str]) -> None:
    try:
        browser.post(url, data=fields)
    except httpx.HTTPError as error:
        raise CheckFailed(f"No answer after the consent: {error}.") from error


def _claims(browser: httpx.Client, origin: str) -> dict[str, Any]:
    response = _get(browser, f"{origin}/result.json", "reading the claims")
    claims = _json(response).get("claims")
    if not isinstance(claims, dict):
        reason = _json(response).get("error_description") or _status(response)
        raise CheckFailed(f"The consent was given, but the sign-in failed after it: {reason}")
    return claims


def _reason(browser: httpx.Client, origin: str) -> str | None:
    """Return why the example application gave up, if it is the one who did."""
    body = _json(_get(browser, f"{origin}/result.json", "looking for the reason"))
    if body.get("error") in {None, "not_signed_in"}:
        return None
    return str(body.get("error_description"))


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _status(response: httpx.Response) -> str:
    return f"{response.url.copy_with(query=None)} answered {response.status_code}."


class _ConsentForm(HTMLParser):
    """The consent page's form: where it goes, and the people in it, by ID and in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.people: dict[str, str] = {}
        self.feed(page)
        self.close()

    def choose(self, person: str | None) -> str:
        """Return the ID of a person, given that or their username."""
        for user, username in self.people.items():
            if person in {None, user, username}:
                return user
        names = ", ".join(self.people.values())
        raise CheckFailed(f"The consent page does not know {person}. It knows: {names}.")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.action = values.get("action") or ""
        elif tag == "input" and values.get("name") == "person":
            self.people[values.get("value") or ""] = values.get("data-username") or ""
