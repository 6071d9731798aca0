"""Who an application says has to sign in: ``id_token_hint`` and ``login_hint``.

(OpenID Connect Core 1.0, section 3.1.2.1.) A hint never makes anybody somebody: it keeps out those
whom it does not name.
"""

import re
from dataclasses import dataclass, replace

from snowflake.discord.models import User
from snowflake.errors import LoginRequired
from snowflake.oidc.requested_claims import both
from snowflake.oidc.tokens.id_token import BAD_HINT, read_hint
from snowflake.protocol.bounds import MAX_LOGIN_HINT, MAX_TOKEN
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.state import State

_ID = re.compile(r"[0-9]{15,20}")
_USERNAME = re.compile(r"[a-z0-9_.]{2,32}")


@dataclass(frozen=True, slots=True)
class Hints:
    """Who is meant: by the names that the client knows, one of which it is, or by a ``login``.

    That is their Discord user ID, their address, or another name.
    """

    subjects: tuple[str, ...] = ()
    login: str | None = None

    def exclude(self, user: User, subject: str | None) -> bool:
        """Whether somebody else seems to be meant, so that this one is not signed in unasked.

        The client knows them by ``subject``, None if that cannot be told.
        """
        if self.surely_exclude(user, subject):
            return True
        login = _normal(self.login)
        is_name = _USERNAME.fullmatch(login) and not _ID.fullmatch(login)
        return bool(is_name and user.username) and login != user.username.casefold()

    def surely_exclude(self, user: User, subject: str | None) -> bool:
        """Whether somebody else is meant: by an ID, an address, or a name with an @.

        A word alone may be a name that the application has given to them. An address that Discord
        has not told excludes nobody.
        """
        login = _normal(self.login)
        if self.subjects and subject is not None and subject not in self.subjects:
            return True
        if _ID.fullmatch(login):
            return login != user.id
        if login.startswith("@"):
            return bool(user.username) and login[1:] != user.username.casefold()
        return "@" in login and user.email is not None and login != user.email.casefold()


def _normal(login: str | None) -> str:
    return (login or "").strip().casefold()


def _counting(login: str | None, client: Client) -> str | None:
    """Answer a ``login_hint`` by something that the client may know of people, or None.

    Whether somebody is let in by it tells whether it is right. So a client that knows people by
    another name could try out who they are.
    """
    normal = _normal(login)
    if _ID.fullmatch(normal):
        kind, scope = "id", "discord"
    elif "@" in normal and not normal.startswith("@"):
        kind, scope = "email", "email"
    else:
        kind, scope = "username", "profile"
    return login if client.subject == kind or client.allows_scope(scope) else None


async def hints_of(params: Parameters, client: Client, state: State) -> Hints:
    """Read the hints of a registered client.

    With a Discord application nobody knows who has come back before it redeems its code.

    Raises:
        InvalidRequest: one is too long.
        LoginRequired: ``id_token_hint`` is no ID token of this issuer.
    """
    if client.registered is None:
        return Hints()
    hint = params.at_most("id_token_hint", MAX_TOKEN)
    login = _counting(params.at_most("login_hint", MAX_LOGIN_HINT), client)
    if hint is None:
        return Hints(login=login)
    try:
        token = await read_hint(hint, state)
    except ValueError as error:
        raise LoginRequired(BAD_HINT) from error
    if not token.is_known_to(client):
        raise LoginRequired(BAD_HINT)
    return Hints((token.subject,), login)


def narrowed(hints: Hints, subjects: tuple[str, ...]) -> Hints:
    """Answer the hints where one of these has to be meant as well, if there are any.

    Raises:
        LoginRequired: nobody can be both.
    """
    return replace(hints, subjects=both(hints.subjects, subjects))
