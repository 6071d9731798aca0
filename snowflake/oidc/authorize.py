"""The authorization endpoint (OpenID Connect Core 1.0, section 3.1.2.1)."""

import re
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from snowflake.errors import (
    InvalidRequest,
    InvalidScope,
    OAuthError,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    TemporarilyUnavailable,
)
from snowflake.oidc import redirects, scopes
from snowflake.oidc.answers import Asker
from snowflake.oidc.clients import requested_client
from snowflake.oidc.hints import hints_of, narrowed
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.question import page_for
from snowflake.oidc.requested_claims import requested_claims
from snowflake.oidc.response_types.requested import (
    mode_of_answers,
    requested_type,
)
from snowflake.oidc.single_sign_on import Entry, by_session, excludes
from snowflake.protocol import browser, pkce
from snowflake.protocol.bounds import (
    MAX_FORM,
    MAX_NONCE,
    MAX_REDIRECT_URI,
    MAX_REFERRER,
    MAX_SCOPE,
    MAX_STATE,
)
from snowflake.protocol.caller import caller_of
from snowflake.protocol.issuer import issuer_of
from snowflake.protocol.parameters import Parameters
from snowflake.protocol.posted import sent_to
from snowflake.protocol.redirect import redirect
from snowflake.protocol.session_cookie import session_of
from snowflake.settings.client import Client
from snowflake.state import state_of

_NUMBER = re.compile(r"[0-9]{1,18}")
#: What ``prompt`` may be. Discord knows ``consent`` and ``none`` alone and asks for a password in
#: neither case; its ``none`` still shows its page to somebody new.
PROMPTS = ("none", "login", "consent", "select_account")


@dataclass(frozen=True, slots=True)
class Wish:
    """What an authorization request asks for. ``prompt`` is Discord's.

    One that is ``silent`` has asked for no page (``prompt=none``). Without ``by_session``, Discord
    has to vouch for the person anew; else it must have done so in the last ``max_age`` seconds.
    """

    scope: list[str]
    nonce: str | None
    prompt: str
    code_challenge: str | None
    silent: bool
    by_session: bool
    asks_consent: bool
    max_age: int | None


async def authorize(request: Request) -> Response:
    """Check the request, seal it into a login note and send the person to Discord.

    Nothing else of what the application sent travels to Discord. Faults are shown to the person
    until somebody vouches for the redirect URI: for a registered client its table does, for a
    Discord application nobody but Discord.
    """
    state, params = state_of(request), await sent_to(request, MAX_FORM)
    if isinstance(params, Response):
        return params
    settings, issuer = state.settings, issuer_of(request)

    # 1. The client.
    client = requested_client(params, state.registry)

    # 2. Its redirect URI.
    sent = params.require("redirect_uri", MAX_REDIRECT_URI)
    redirect_uri = redirects.resolve(sent, client, issuer, settings)

    # 3. The parameters.
    # Whatever is wrong, the application hears it in the way in which it wants to be answered.
    mode = mode_of_answers(params, client, redirect_uri.application)
    asker = Asker(redirect_uri.application, client.issuer_below(issuer), None, mode.name)
    try:
        asker = replace(asker, state=params.at_most("state", MAX_STATE))
        response_type = requested_type(params, client)
        mode.check()
        wish = _wish(params, client, response_type)
        asked = requested_claims(params, client)
        hints = narrowed(await hints_of(params, client, state), asked.subjects)
    except OAuthError as error:
        if client.registered is None:
            raise
        return asker.refuse(error)

    # 4. The login note, bound to this browser.
    secure = issuer.startswith("https:")
    binding = browser.bind(request, secure=secure)
    note = LoginNote(
        client_id=client.id,
        issuer=issuer,
        redirect_uri=redirect_uri.application,
        discord_redirect_uri=redirect_uri.discord,
        scope=" ".join(wish.scope),
        state=asker.state,
        nonce=wish.nonce,
        code_challenge=wish.code_challenge,
        verifier=pkce.new_verifier(),
        browser=browser.fingerprint(binding),
        referrer=request.headers.get("referer", "")[:MAX_REFERRER]
        if settings.return_to_referrer
        else None,
        silent=wish.silent,
        begun=int(state.clock()),
        hinted=hints.subjects,
        login=hints.login,
        asks_consent=wish.asks_consent,
        own_issuer=client.has_own_issuer,
        response_type=response_type,
        response_mode=asker.mode,
        requested=asked.claims,
    )

    # 5. By the session of this browser, if it will do.
    try:
        if client.registered is not None and settings.session_lifetime:
            known = browser.is_bound(request, note.browser, secure=secure)
            entry = Entry(note, client, caller_of(request), hints, wish.max_age, has_page=known)
            session = await session_of(request, issuer, state) if wish.by_session else None
            answered = await by_session(session, entry, state)
            if answered is not None:
                if not wish.silent:
                    # Our page may follow, and its ways to Discord lead back to this browser.
                    browser.set_cookie(answered, binding, secure=secure)
                return answered
            if session is not None and excludes(session, client, hints, state):
                # Else Discord would send the same person back at once.
                wish = replace(wish, prompt="consent")
        # Nobody could come back from it.
        state.discord.check_is_up()
    except TemporarilyUnavailable as outage:
        # Whoever sees a page is better off with ours, which says since when it lasts.
        if client.registered is None or not wish.silent:
            raise
        return asker.refuse(outage)

    # 6. To Discord.
    response = redirect(page_for(note, client, wish.prompt, state.clock(), state))
    browser.set_cookie(response, binding, secure=secure)
    return response


def _wish(params: Parameters, client: Client, response_type: str) -> Wish:
    scope = _scope(params, client)
    _check_supported(params)
    words = response_type.split()
    challenge = pkce.requested_challenge(params)
    is_public = client.registered is not None and client.registered.public
    if challenge is None and is_public and "code" in words:
        raise InvalidRequest("code_challenge is missing; a public client must use PKCE")
    nonce = params.at_most("nonce", MAX_NONCE)
    if not nonce and "id_token" in words:
        raise InvalidRequest("nonce is missing; the response type has an ID token")
    prompts, max_age = _prompts(params), _max_age(params)
    # A page of ours asks for consent where a client has one.
    anew = {*prompts} - ({"none"} if client.consent == "never" else {"none", "consent"})
    return Wish(
        scope=scope,
        nonce=nonce,
        prompt="consent" if anew or max_age is not None else "none",
        code_challenge=challenge,
        silent="none" in prompts,
        by_session=not anew,
        asks_consent="consent" in prompts,
        max_age=max_age,
    )


def _scope(params: Parameters, client: Client) -> list[str]:
    """Answer the scopes that we know; others are ignored.

    So are those that the client may not have, each time that it is given something.
    """
    asked = scopes.known(params.require("scope", MAX_SCOPE), client)
    if "openid" not in asked:
        raise InvalidScope("scope must contain openid")
    return asked


def _check_supported(params: Parameters) -> None:
    """Refuse what would change the answer into something that is not spoken here."""
    if params.get("request") is not None:
        raise RequestNotSupported("request objects are not supported; send plain parameters")
    if params.get("request_uri") is not None:
        raise RequestUriNotSupported("request_uri is not supported; send plain parameters")
    if params.get("registration") is not None:
        raise RegistrationNotSupported("registration is not supported")


def _prompts(params: Parameters) -> list[str]:
    """Answer what ``prompt`` asks for. By default Discord remembers who has approved already."""
    sent = params.get("prompt")
    if sent is None:
        return []
    prompts = sent.split()
    if not prompts or any(prompt not in PROMPTS for prompt in prompts):
        raise InvalidRequest(f"prompt must be one of {', '.join(PROMPTS)}")
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequest("prompt none does not go with others")
    return prompts


def _max_age(params: Parameters) -> int | None:
    """Answer for how many seconds a login is good, if the application says so."""
    max_age = params.get("max_age")
    if max_age is None:
        return None
    if not _NUMBER.fullmatch(max_age):
        raise InvalidRequest("max_age must be a whole number from 0")
    return int(max_age)
