"""Sign in without a browser, through the example application and at the television."""

import time
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from snowflake.sandbox.forms import Form

TIMEOUT: Final = 30.0
#: Pages with a form, from the code to where it has been allowed.
MAX_PAGES: Final = 5
#: Seconds between two looks at the television, and how long they go on.
GLANCE, PATIENCE = 0.5, 60.0


class CheckFailed(Exception):
    """A sign-in did not work. The message is a sentence that names the step."""


def sign_in(example_origin: str, person: str | None = None) -> dict[str, Any]:
    """Sign in as somebody of the simulated Discord's cast and return the claims.

    ``example_origin`` is the example application's; ``person`` is a username or Discord user ID,
    None for the first of the cast. The claims are JSON values. Raises CheckFailed.
    """
    with httpx.Client(follow_redirects=True, timeout=TIMEOUT, trust_env=False) as browser:
        consent = _get(browser, f"{example_origin}/login", "beginning the sign-in")
        form = Form(consent.text)
        if not form.people:
            reason = _reason(browser, example_origin) or _status(consent)
            raise CheckFailed(f"The sign-in began, but no consent page came: {reason}")
        fields = {"person": _chosen(form, person), "decision": "authorize"}
        _post(browser, urljoin(str(consent.url), form.action), fields)
        return _claims(browser, example_origin)


def sign_in_by_code(television: str, person: str | None = None) -> dict[str, Any]:
    """Sign in at the television, in another browser than its own, as ``sign_in`` does else."""
    screen = httpx.Client(follow_redirects=True, timeout=TIMEOUT, trust_env=False)
    browser = httpx.Client(follow_redirects=True, timeout=TIMEOUT, trust_env=False)
    with screen, browser:
        _get(screen, f"{television}/login", "beginning the sign-in at the television")
        shown = _json(_get(screen, f"{television}/result.json", "reading its code"))
        address = shown.get("verification_uri_complete")
        if not isinstance(address, str):
            reason = shown.get("error_description") or "no address"
            raise CheckFailed(f"The television shows no code: {reason}")
        _allow(browser, address, person)
        for _ in range(int(PATIENCE / GLANCE)):
            response = _get(screen, f"{television}/result.json", "waiting at the television")
            if response.status_code != httpx.codes.ACCEPTED:
                return _claims(screen, television)
            time.sleep(GLANCE)
    raise CheckFailed("The code was allowed, but the television has not heard of it.")


def _allow(browser: httpx.Client, address: str, person: str | None) -> None:
    """Go from where a code leads to where it is allowed: on each page the first button is it."""
    page = _get(browser, address, "entering the code")
    for _ in range(MAX_PAGES):
        form = Form(page.text)
        if form.people:
            fields = {"person": _chosen(form, person), "decision": "authorize"}
        elif form.buttons:
            fields = form.pressed(next(iter(form.buttons)))
        else:
            break
        page = _post(browser, urljoin(str(page.url), form.action), fields)


def _chosen(form: Form, person: str | None) -> str:
    """Return the ID of a person of the consent page, given that or their username."""
    for user, username in form.people.items():
        if person in {None, user, username}:
            return user
    names = ", ".join(form.people.values())
    raise CheckFailed(f"The consent page does not know {person}. It knows: {names}.")


def _get(browser: httpx.Client, url: str, step: str) -> httpx.Response:
    try:
        return browser.get(url)
    except httpx.HTTPError as error:
        raise CheckFailed(f"No answer while {step}: {error}.") from error


def _post(browser: httpx.Client, url: str, fields: dict[str, str]) -> httpx.Response:
    try:
        return browser.post(url, data=fields)
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
