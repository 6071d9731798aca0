"""Discord's tokens, between Discord's answer and the store."""

from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import SecretStr, TypeAdapter, ValidationError

from snowflake.crypto.sealing import BadNote, Note
from snowflake.crypto.secret_hashes import SecretHashes
from snowflake.errors import InvalidClient, InvalidGrant
from snowflake.oidc.authentication import is_known_good
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.needs import Needs
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.people import Fetched
from snowflake.protocol.failed_codes import Somebody, trying
from snowflake.state import State
from snowflake.state.renewal import expiry, scopes_of
from snowflake.store.discord_tokens import StoredTokens

_fetched = TypeAdapter(Fetched)


@dataclass(frozen=True)
class Exchanged(Note):
    """What Discord gave for its code, and a hash of the client secret that it accepted.

    Until the login is done this is kept with our code, since Discord's own is spent: should Discord
    fail, the application may come again, and to a registered client a person comes back from
    Discord before it redeems our code. ``fetched_json`` is then who they are, and ``session`` the
    ID of the session that has begun with it. ``expires_at`` is a Unix time.
    """

    purpose: ClassVar[str] = "exchanged code 2"

    access_token: str
    refresh_token: str | None
    expires_at: int
    scope: str
    secret_hash: str | None
    fetched_json: str | None = None
    session: str | None = None

    def holding(self, fetched: Fetched) -> "Exchanged":
        """Answer this together with who the person is."""
        return replace(self, fetched_json=_fetched.dump_json(fetched).decode())

    @property
    def fetched(self) -> Fetched | None:
        """Who the person is, if Discord has been asked."""
        if self.fetched_json is None:
            return None
        try:
            return _fetched.validate_json(self.fetched_json)
        except ValidationError:
            # Written by another release. Discord can be asked again.
            return None

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
    note: CodeNote, credentials: Credentials, needs: Needs, somebody: Somebody, state: State
) -> Exchanged:
    """Exchange Discord's code, with which ``somebody`` has come back.

    ``needs`` says what Discord was asked for.

    Raises:
        InvalidClient: the secret is wrong.
        InvalidGrant: Discord does not accept its code.
        TemporarilyUnavailable: Discord gave no usable answer, or is not to be asked with a client
            that nobody knows.
    """
    if note.discord_code is None:
        raise InvalidGrant("the code has expired")
    application, secret = credentials.client.application, credentials.application_secret
    async with (
        trying(InvalidGrant, somebody, state),
        state.reputation.asking(application, secret, credentials.caller),
    ):
        tokens = await state.discord.oauth.exchange_code(
            client_id=application,
            client_secret=secret,
            code=note.discord_code,
            redirect_uri=note.discord_redirect_uri,
            code_verifier=note.verifier,
        )
    refresh_token = tokens.refresh_token
    return Exchanged(
        access_token=tokens.access_token.get_secret_value(),
        refresh_token=refresh_token.get_secret_value() if refresh_token else None,
        expires_at=expiry(tokens, state.clock()),
        scope=" ".join(scopes_of(tokens, needs.discord_scopes)),
        secret_hash=await secret_hash(credentials, state.secret_hashes),
    )


async def taken_up(left: str, credentials: Credentials, state: State) -> Exchanged:
    """Take up what an earlier request has left.

    Raises:
        InvalidClient: it was not with this secret.
        InvalidGrant: it cannot be read any more.
    """
    try:
        exchanged = state.sealer.open(Exchanged, left)
    except BadNote as error:
        # The secret key was changed in the minute between.
        raise InvalidGrant("the person has to sign in again") from error
    if not await is_known_good(credentials, exchanged.secret_hash, state):
        raise InvalidClient("this is not the client secret that Discord accepted")
    return exchanged


async def secret_hash(credentials: Credentials, secret_hashes: SecretHashes) -> str | None:
    """Hash a secret that Discord has just accepted; None for a public or a registered client."""
    if credentials.secret is None or credentials.client.registered is not None:
        return None
    return await secret_hashes.make(credentials.client_id, credentials.secret)
