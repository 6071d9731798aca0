"""Discord's tokens, between Discord's answer and the store."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import SecretStr

from snowflake.discord.models import Tokens
from snowflake.errors import InvalidClient, InvalidGrant
from snowflake.oidc.clients import Credentials, is_known_good
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.scopes import discord_scopes
from snowflake.sealing import BadNote, Note
from snowflake.state import State
from snowflake.store.discord_tokens import StoredTokens


@dataclass(frozen=True)
class Exchanged(Note):
    """What Discord gave for its code, and a hash of the client secret that it accepted.

    Should Discord fail before the login is done, this is kept with our code: Discord's own is
    spent, and the application may come again. ``expires_at`` is a Unix time.
    """

    purpose: ClassVar[str] = "exchanged code 1"

    access_token: str
    refresh_token: str | None
    expires_at: int
    scope: str
    secret_hash: str | None

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that the person has granted to this Discord application, now or earlier."""
        return frozenset(self.scope.split())

    def stored(self, application: str, person: str) -> StoredTokens:
        """Answer the tokens as the store keeps them, now that it is known whose they are."""
        return StoredTokens(
            application=application,
            person=person,
            access_token=SecretStr(self.access_token),
            refresh_token=SecretStr(self.refresh_token) if self.refresh_token else None,
            scopes=self.scopes,
            expires_at=self.expires_at,
        )


async def exchange(
    note: CodeNote, credentials: Credentials, left: str | None, state: State
) -> Exchanged:
    """Exchange Discord's code, or take up what an earlier request has left.

    Raises:
        InvalidClient: the secret is wrong.
        InvalidGrant: Discord does not accept its code.
        TemporarilyUnavailable: Discord gave no usable answer, or is not to be asked with a client
            that nobody knows.
    """
    if left is not None:
        exchanged = _taken_up(left, state)
        if not await is_known_good(credentials, exchanged.secret_hash, state):
            raise InvalidClient("this is not the client secret that Discord accepted")
        return exchanged
    async with state.standing.asking(note.client_id, credentials.secret, credentials.caller):
        tokens = await state.discord.exchange_code(
            client_id=note.client_id,
            client_secret=credentials.secret,
            code=note.discord_code,
            redirect_uri=note.discord_redirect_uri,
            code_verifier=note.verifier,
        )
    refresh_token = tokens.refresh_token
    return Exchanged(
        access_token=tokens.access_token.get_secret_value(),
        refresh_token=refresh_token.get_secret_value() if refresh_token else None,
        expires_at=expiry(tokens, state),
        scope=" ".join(scopes_of(tokens, discord_scopes(note.scope.split()))),
        secret_hash=await secret_hash(credentials, state),
    )


def _taken_up(left: str, state: State) -> Exchanged:
    try:
        return state.sealer.open(Exchanged, left)
    except BadNote as error:
        # The secret key was changed in the minute between.
        raise InvalidGrant("the person has to sign in again") from error


async def renew(
    old: StoredTokens, credentials: Credentials, state: State, *, prove: bool
) -> StoredTokens:
    """Exchange Discord's refresh token, which works once, and keep the new pair before it is used.

    One process at a time does it for one person; the others take what it got, unless they have to
    ``prove`` that Discord accepts the client's secret.

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
        async with state.standing.asking(old.application, credentials.secret, credentials.caller):
            answer = await state.discord.refresh(
                client_id=old.application,
                client_secret=credentials.secret,
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


async def secret_hash(credentials: Credentials, state: State) -> str | None:
    """Hash a secret that Discord has just accepted; None for a public client."""
    if credentials.secret is None:
        return None
    return await state.secret_hashes.make(credentials.client_id, credentials.secret)


def expiry(tokens: Tokens, state: State) -> int:
    """Answer the Unix time at which Discord's access token ends."""
    return int(state.clock()) + tokens.expires_in
