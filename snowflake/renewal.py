"""Renewing a person's tokens at Discord, of which every part that uses them takes care alike."""

from pydantic import SecretStr

from snowflake.discord.models import Tokens
from snowflake.errors import InvalidGrant
from snowflake.state import State
from snowflake.store.discord_tokens import StoredTokens


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
        tokens = await rows.find(old.application, old.person)
        if tokens is None or tokens.refresh_token is None:
            raise InvalidGrant("the person has to sign in again")
        if tokens.access_token != old.access_token and not prove:
            return tokens
        async with state.standing.asking(old.application, secret, caller):
            answer = await state.discord.refresh(
                client_id=old.application,
                client_secret=secret,
                refresh_token=tokens.refresh_token,
            )
            renewed = StoredTokens(
                application=old.application,
                person=old.person,
                access_token=answer.access_token,
                refresh_token=answer.refresh_token or tokens.refresh_token,
                scopes=scopes_of(answer, tokens.scopes),
                expires_at=expiry(answer, state),
            )
            # Before anything else is written: the old pair is dead.
            if not await rows.replace(renewed):
                raise InvalidGrant("the person has been erased")
        return renewed


def scopes_of(tokens: Tokens, asked: frozenset[str]) -> frozenset[str]:
    """Answer what Discord granted: what it says, else what was asked (RFC 6749, section 5.1)."""
    return frozenset(tokens.scope.split()) if tokens.scope is not None else asked


def expiry(tokens: Tokens, state: State) -> int:
    """Answer the Unix time at which Discord's access token ends."""
    return int(state.clock()) + tokens.expires_in
