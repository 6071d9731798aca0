"""A person's tokens at Discord, which all who use them renew, use and end alike.

Logins and linked roles through one Discord application share them: which pair serves whom is a
matter of what it can do.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

import structlog
from pydantic import SecretStr

from snowflake.discord.models import Tokens
from snowflake.discord.role_connections import ROLE_CONNECTIONS_WRITE
from snowflake.errors import InvalidGrant, OAuthError
from snowflake.state import State
from snowflake.store.discord_tokens import DiscordTokens, StoredTokens

#: Seconds before its end from which an access token is renewed rather than used.
NEAR_END: Final = 60
#: Seconds before its end from which it is renewed for what is done at no person's request: should
#: Discord refuse, it is still good for a last word.
AHEAD: Final = 86_400
#: What a pair of tokens has to be good for where it serves a link.
FOR_LINKS: Final = frozenset({ROLE_CONNECTIONS_WRITE})
#: The caller of what no request asks for.
NOBODY: Final = ""

T = TypeVar("T")

_log = structlog.get_logger(__name__)


async def renew(
    old: StoredTokens, secret: SecretStr | None, caller: str, state: State, *, prove: bool = False
) -> StoredTokens:
    """Exchange Discord's refresh token, which works once, and keep the new pair before it is used.

    ``secret`` is that of the Discord application, ``caller`` the address of whoever asks us to. One
    process at a time does it for one person; the others take what it got, unless they have to
    ``prove`` that Discord accepts the secret.

    Raises:
        InvalidClient: the secret is wrong. Nothing is spent.
        InvalidGrant: Discord no longer accepts the refresh token, or there is none.
        TemporarilyUnavailable: Discord gave no usable answer, or another process took too long.
    """
    rows = state.store.discord_tokens
    async with rows.alone(old.application, old.person, patience=state.discord.left()):
        tokens = await rows.current(old)
        if tokens is None or tokens.refresh_token is None:
            raise InvalidGrant("the person has to sign in again")
        if tokens.access_token != old.access_token and not prove:
            return tokens
        async with state.reputation.asking(old.application, secret, caller):
            answer = await state.discord.oauth.refresh(
                client_id=old.application,
                client_secret=secret,
                refresh_token=tokens.refresh_token,
            )
            renewed = replace(
                tokens,
                access_token=answer.access_token,
                refresh_token=answer.refresh_token or tokens.refresh_token,
                scopes=scopes_of(answer, tokens.scopes),
                expires_at=expiry(answer, state.clock()),
            )
            # Before anything else is written: the old pair is dead.
            if await rows.replace(renewed):
                return renewed
        # Unless they have just come by again, they were erased.
        newer = await rows.find(old.application, old.person, old.scopes)
        if newer is None:
            raise InvalidGrant("the person has been erased")
        return newer


async def with_token(
    application: str,
    person: str,
    secret: SecretStr | None,
    state: State,
    ask: Callable[[SecretStr], Awaitable[T]],
) -> T:
    """Ask Discord something for a link, with a person's own token, renewed if it has to be.

    Raises:
        InvalidClient: the secret is wrong.
        InvalidGrant: Discord accepts nothing of the person any more; the tokens are forgotten.
        TemporarilyUnavailable: Discord gave no usable answer.
    """
    tokens = await _of_link(application, person, state.store.discord_tokens)
    if tokens is None:
        raise InvalidGrant("the person has to come by again")
    try:
        if tokens.expires_at <= state.clock() + NEAR_END:
            tokens = await renew(tokens, secret, NOBODY, state)
        try:
            return await ask(tokens.access_token)
        except InvalidGrant:
            # Renewed meanwhile by another process, or ended early by Discord.
            tokens = await renew(tokens, secret, NOBODY, state)
            return await ask(tokens.access_token)
    except InvalidGrant:
        await state.store.discord_tokens.forget(tokens)
        raise


async def ahead(application: str, person: str, secret: SecretStr, state: State) -> None:
    """Renew the pair of tokens that serves a person's link if its end is near, before it is needed.

    Raises:
        InvalidGrant: Discord renews it no more. It stays as it was, to be used while it works.
        InvalidClient, TemporarilyUnavailable: as ``renew`` does.
    """
    tokens = await _of_link(application, person, state.store.discord_tokens)
    if tokens is not None and tokens.expires_at <= state.clock() + AHEAD:
        await renew(tokens, secret, NOBODY, state)


async def works(application: str, person: str, discord_tokens: DiscordTokens, now: float) -> bool:
    """Whether a link has an access token that has not expired, whatever Discord says to it."""
    tokens = await _of_link(application, person, discord_tokens)
    return tokens is not None and tokens.expires_at > now


async def end(
    application: str, person: str, secret: SecretStr | None, caller: str, state: State
) -> None:
    """Revoke a person's tokens at Discord and forget them, unless a grant or a link needs them.

    Discord ends all tokens of the person for the application, also those of a login or a link that
    is under way: of a login they are not kept here yet, and so ours are only forgotten. Should
    Discord fail, they are forgotten all the same.
    """
    store, now = state.store, state.clock()
    # Before the grants are counted, since it is one of them as soon as it has ended.
    login_under_way = await store.under_way.includes(application, person)
    if await store.grants.count(application, person):
        return
    if await store.sessions.count(application, person):
        return
    if await store.links.needs_tokens(application, person):
        return
    pairs = await store.discord_tokens.of(application, person)
    if not pairs or any(pair.needed_until > now for pair in pairs):
        return
    for pair in pairs:
        await store.discord_tokens.forget(pair)
    if login_under_way:
        return
    # To revoke one that is dead already would end none of the others.
    tokens = max(pairs, key=lambda pair: pair.expires_at)
    try:
        async with state.reputation.asking(application, secret, caller):
            await state.discord.oauth.revoke(
                client_id=application,
                client_secret=secret,
                token=tokens.refresh_token or tokens.access_token,
            )
    except OAuthError as error:
        _log.warning("discord_not_revoked", error=error.code)


async def _of_link(
    application: str, person: str, discord_tokens: DiscordTokens
) -> StoredTokens | None:
    return await discord_tokens.find(application, person, FOR_LINKS)


def scopes_of(tokens: Tokens, asked: frozenset[str]) -> frozenset[str]:
    """Answer what Discord granted: what it says, else what was asked (RFC 6749, section 5.1)."""
    return frozenset(tokens.scope.split()) if tokens.scope is not None else asked


def expiry(tokens: Tokens, now: float) -> int:
    """Answer the Unix time at which Discord's access token ends."""
    return int(now) + tokens.expires_in
