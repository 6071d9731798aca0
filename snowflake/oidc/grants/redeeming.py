"""From a code to the grant of a login: what a browser's code and a device's have in common."""

from contextlib import suppress
from dataclasses import replace

from snowflake.errors import AccessDenied, TemporarilyUnavailable
from snowflake.oidc.credentials import Credentials
from snowflake.oidc.grants.granting import grant_of_login
from snowflake.oidc.grants.lifetimes import expires_at
from snowflake.oidc.newcomers import AnyNewcomer, known_newcomer, newcomer
from snowflake.oidc.notes import CodeNote
from snowflake.oidc.outcomes import login_ended
from snowflake.oidc.tokens import Redeemed
from snowflake.oidc.tokens.opaque import opaque_token
from snowflake.people.person import Person
from snowflake.people.policies import admit
from snowflake.settings.client import Client
from snowflake.state import State
from snowflake.store.codes import Reservation
from snowflake.store.logins import Issued
from snowflake.store.refresh_tokens import new_token


async def admitted(note: CodeNote, credentials: Credentials, state: State) -> AnyNewcomer:
    """Find out who has come with a code, and let them in.

    The code is reserved if Discord has to be asked, or if they are not let in.

    Raises:
        CodeSpent: it has been redeemed.
        AccessDenied: the person may not sign in to this client. The code is spent.
        InvalidClient: the secret is wrong.
        InvalidGrant: Discord does not accept its own code.
        TemporarilyUnavailable: Discord or the store gave no usable answer, or another request is
            redeeming the code. It is as good as before.
    """
    known = await known_newcomer(note, credentials, state)
    if known is not None:
        with suppress(AccessDenied, TemporarilyUnavailable):
            admit(known.fetched.person, credentials.client, state.clock())
            return known
    came = await newcomer(note, credentials, state, redeeming=True)
    try:
        admit(came.fetched.person, credentials.client, state.clock())
    except AccessDenied:
        await state.store.codes.spend(came.code)
        raise
    except TemporarilyUnavailable:
        person = came.fetched.person.user.id
        await state.store.codes.release(came.code, state.sealer.seal(came.exchanged), person)
        raise
    return came


async def redeemed(
    note: CodeNote, came: AnyNewcomer, credentials: Credentials, state: State, *, refreshable: bool
) -> Redeemed:
    """Make the grant of whoever is admitted, and with it the tokens that are kept.

    Raises:
        InvalidGrant: another request has redeemed the code while this one was stalled, or the
            person has signed out.
        TemporarilyUnavailable: the store cannot be reached. The code is as good as before.
    """
    code, exchanged, fetched = came
    client, person = credentials.client, fetched.person
    now, named = state.clock(), _named(note, person, client, state)
    begun, granted = grant_of_login(named, person, client, exchanged.scopes, now)
    grant = replace(
        begun,
        expires_at=expires_at(client, note.auth_time, now, refreshable=refreshable),
        secret_hash=exchanged.secret_hash,
    )
    issued = Issued(
        new_token() if refreshable else None,
        opaque_token(grant, granted, client, now),
    )
    # A session has kept them already, with what was learnt.
    is_kept = note.session is not None
    tokens = None if is_kept else exchanged.stored(client.application, person.user.id)
    learnt = () if is_kept else fetched.learnt
    code = replace(code, left=code.left or state.sealer.seal(exchanged))
    try:
        await state.store.logins.save(code, grant, tokens, learnt, issued)
    except TemporarilyUnavailable:
        if isinstance(code, Reservation):
            with suppress(TemporarilyUnavailable):
                await state.store.codes.release(code, code.left, person.user.id)
        raise
    login_ended("completed", person=grant.person)
    return Redeemed(grant, granted, *issued, nonce=note.nonce)


def _named(note: CodeNote, person: Person, client: Client, state: State) -> CodeNote:
    """Add by which name the client knows the person, if nobody knew at the callback who it is."""
    if note.subject is not None:
        return note
    return replace(note, subject=state.subjects.of(person.user, client))
