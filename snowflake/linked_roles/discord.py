"""``/linked-role/discord``, where Discord sends people back to: on to the upstream provider."""

from starlette.requests import Request
from starlette.responses import Response

from snowflake.discord.models import Tokens, User
from snowflake.discord.role_connections import ROLE_CONNECTIONS_WRITE
from snowflake.errors import InvalidGrant, LinkCancelled
from snowflake.linked_roles.failures import brought, refusal, told
from snowflake.linked_roles.notes import ToDiscord, ToUpstream, new_id, take
from snowflake.linked_roles.own import application_of, table_of, upstream_of
from snowflake.linked_roles.paths import DISCORD, UPSTREAM
from snowflake.linked_roles.unlink import Unlinking, unlinking
from snowflake.protocol import browser, pkce
from snowflake.protocol.bounds import MAX_DISCORD_CODE
from snowflake.protocol.browser import LOGIN_LIFETIME
from snowflake.protocol.caller import caller_of
from snowflake.protocol.discord import check_discord
from snowflake.protocol.failed_codes import Somebody, trying
from snowflake.protocol.known_browser import known_browser, remember_person
from snowflake.protocol.parameters import query
from snowflake.protocol.redirect import redirect
from snowflake.state import State, state_of
from snowflake.state.quota import FAILED_CODES
from snowflake.state.renewal import NOBODY, expiry, scopes_of
from snowflake.store.discord_tokens import StoredTokens


async def discord(request: Request) -> Response | Unlinking:
    """Take the person back from Discord; who wants to unlink is asked whether they are sure.

    Discord's tokens are kept beside those of logins through the same application, or in their place
    if they can do all that those can.

    Raises:
        LinkError: it cannot go on.
    """
    state = state_of(request)
    platform = table_of(state.settings).platform_name

    # 1. The note, this browser's own.
    with told(platform), brought():
        params = query(request)
        note = await take(ToDiscord, params.get("state"), request, state)

    with told(platform, unlinking=note.unlinking), state.discord.deadline():
        # 2. The parameters.
        with brought():
            check_discord(params, state.settings)
            if (error := params.get("error")) is not None:
                raise refusal(error, "Discord")
            code = params.require("code", MAX_DISCORD_CODE)

        # 3. Who it is, unless too many codes were made up.
        secure = note.issuer.startswith("https:")
        known = known_browser(request, state.sealer, state.clock(), secure=secure)
        login, caller = note.verifier, caller_of(request)
        somebody = Somebody.of(FAILED_CODES, login, caller, known, state.limiter)
        # Until the tokens are kept, nobody may revoke those of the person.
        application = application_of(state.settings).id
        async with state.store.under_way.somebody(application, state.discord.left()):
            async with trying(InvalidGrant, somebody, state):
                answer = await _exchange(note, code, state)
            user = await state.discord.user(answer.access_token)
            tokens = _stored(note, answer, user, state)
            if note.unlinking:
                return await unlinking(request, note, tokens, user)

            # 4. To the upstream provider.
            if ROLE_CONNECTIONS_WRITE not in tokens.scopes:
                raise LinkCancelled
            await state.store.discord_tokens.put(tokens)
        response = redirect(await _upstream_page(note, user, state))
    # The next step may take as long as this one.
    browser.set_cookie(response, browser.bind(request, secure=secure), secure=secure)
    remember_person(response, user.id, state.sealer, state.clock(), secure=secure)
    return response


async def _exchange(note: ToDiscord, code: str, state: State) -> Tokens:
    """Exchange Discord's code.

    Raises:
        InvalidGrant: Discord does not accept its code.
        InvalidClient: it does not accept us.
        TemporarilyUnavailable: it gave no usable answer.
    """
    application, secret = application_of(state.settings)
    async with state.reputation.asking(application, secret, NOBODY):
        return await state.discord.oauth.exchange_code(
            client_id=application,
            client_secret=secret,
            code=code,
            redirect_uri=note.issuer + DISCORD,
            code_verifier=note.verifier,
        )


def _stored(note: ToDiscord, answer: Tokens, user: User, state: State) -> StoredTokens:
    return StoredTokens(
        application=application_of(state.settings).id,
        person=user.id,
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        scopes=scopes_of(answer, frozenset(note.scope.split())),
        expires_at=expiry(answer, state.clock()),
        # The link is not there yet, or may have ended.
        needed_until=int(state.clock()) + LOGIN_LIFETIME,
    )


async def _upstream_page(came: ToDiscord, user: User, state: State) -> str:
    verifier, nonce = pkce.new_verifier(), new_id()

    def sealed(pushed: bool) -> str:
        note = ToUpstream(
            id=new_id(),
            issuer=came.issuer,
            browser=came.browser,
            person=user.id,
            account=user.account,
            verifier=verifier,
            nonce=nonce,
            pushed=pushed,
        )
        return state.sealer.seal(note, state.clock())

    return await upstream_of(state).authorization_url(
        came.issuer + UPSTREAM, sealed, nonce, pkce.challenge_of(verifier)
    )
