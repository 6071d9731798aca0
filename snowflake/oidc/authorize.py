"""The authorization endpoint (OpenID Connect Core 1.0, section 3.1.2.1)."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from snowflake.errors import (
    InvalidRequest,
    InvalidScope,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from snowflake.oidc import browser, pkce, redirects, scopes
from snowflake.oidc.clients import requested_client
from snowflake.oidc.issuer import issuer_of
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.parameters import Parameters, query_or_form
from snowflake.state import state_of

#: Characters; applications send up to 2,048 of state and 128 of nonce.
MAX_STATE, MAX_NONCE = 4096, 1024
MAX_REFERRER = 2048
RESPONSE_TYPE, RESPONSE_MODE = "code", "query"
#: What our ``prompt`` values are to Discord, which knows ``consent`` and ``none`` alone and asks
#: for a password in neither case. Its ``none`` still shows its page to somebody new.
PROMPTS = {"none": "none", "login": "consent", "consent": "consent", "select_account": "consent"}


async def authorize(request: Request) -> Response:
    """Check the request, seal it into a login note and send the person to Discord.

    Nothing else of what the application sent travels to Discord. Faults are shown to the person:
    until Discord has compared the redirect URI, nobody may be sent there.
    """
    state, params = state_of(request), await query_or_form(request)
    settings, issuer = state.settings, issuer_of(request)

    # 1. The client.
    client_id = requested_client(params, settings)

    # 2. Its redirect URI.
    sent = params.require("redirect_uri", redirects.MAX_LENGTH)
    redirect_uri = redirects.resolve(sent, issuer, settings)

    # 3. The parameters.
    scope = _scope(params)
    _check_response(params)
    prompt = _prompt(params)
    challenge = pkce.requested_challenge(params)

    # 4. The login note, bound to this browser.
    secure = issuer.startswith("https:")
    binding, verifier = browser.bind(request, secure=secure), pkce.new_verifier()
    note = LoginNote(
        client_id=client_id,
        issuer=issuer,
        redirect_uri=redirect_uri.application,
        discord_redirect_uri=redirect_uri.discord,
        scope=" ".join(scope),
        state=params.at_most("state", MAX_STATE),
        nonce=params.at_most("nonce", MAX_NONCE),
        code_challenge=challenge,
        verifier=verifier,
        browser=browser.fingerprint(binding),
        referrer=request.headers.get("referer", "")[:MAX_REFERRER]
        if settings.return_to_referrer
        else None,
    )

    # 5. To Discord, unless nobody could come back from it.
    state.discord.check_is_up()
    location = redirects.with_parameters(
        settings.discord_authorize_url,
        {
            "client_id": client_id,
            "redirect_uri": redirect_uri.discord,
            "response_type": RESPONSE_TYPE,
            "scope": " ".join(sorted(scopes.discord_scopes(scope))),
            "state": state.sealer.seal(note, state.clock()),
            "prompt": prompt,
            "code_challenge": pkce.challenge_of(verifier),
            "code_challenge_method": pkce.METHOD,
        },
    )
    response = RedirectResponse(location, 302)
    browser.set_cookie(response, binding, secure=secure)
    return response


def _scope(params: Parameters) -> list[str]:
    scope = scopes.known(params.require("scope", scopes.MAX_LENGTH))
    if "openid" not in scope:
        raise InvalidScope("scope must contain openid")
    return scope


def _check_response(params: Parameters) -> None:
    """Refuse what would change the answer into something that is not spoken here."""
    if params.get("request") is not None:
        raise RequestNotSupported("request objects are not supported; send plain parameters")
    if params.get("request_uri") is not None:
        raise RequestUriNotSupported("request_uri is not supported; send plain parameters")
    if params.get("registration") is not None:
        raise RegistrationNotSupported("registration is not supported")
    response_type = params.get("response_type")
    if response_type is None:
        raise InvalidRequest("response_type is missing")
    if response_type != RESPONSE_TYPE:
        raise UnsupportedResponseType(f"response_type must be {RESPONSE_TYPE}")
    if params.get("response_mode", RESPONSE_MODE) != RESPONSE_MODE:
        raise InvalidRequest(f"response_mode must be {RESPONSE_MODE}")


def _prompt(params: Parameters) -> str:
    """Answer Discord's ``prompt``. By default Discord remembers who has approved already."""
    # With max_age, the application wants to hear of the person and not of an earlier login.
    default = "none" if params.get("max_age") is None else "login"
    prompts = params.get("prompt", default).split()
    if not prompts or any(prompt not in PROMPTS for prompt in prompts):
        raise InvalidRequest(f"prompt must be one of {', '.join(PROMPTS)}")
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequest("prompt none does not go with others")
    return PROMPTS[prompts[0]]
