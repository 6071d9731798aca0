"""Where somebody can go whose login cannot go on.

Only a registered client has such places: its table vouches for them. A link never carries a login
into another browser, and never leads where a stranger has chosen.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from snowflake.errors import Back, Ways
from snowflake.oidc.devices import ways_to
from snowflake.oidc.notes import LoginNote
from snowflake.oidc.question import page_for
from snowflake.protocol import pkce
from snowflake.settings.registry import Registry
from snowflake.settings.tables.clients import ClientTable
from snowflake.state import State
from snowflake.uris.hosts import is_loopback, origin_of

#: What an application hears of a login that is over.
OVER: Final = {"error": "login_required", "error_description": "This login is over; begin anew."}


def ways_here(note: LoginNote, state: State) -> Ways | None:
    """Answer the ways on in the browser in which the login began.

    Its request can be made once more with a fresh note, or its application told that it is over.
    """
    client = state.registry.find(note.client_id)
    if client is not None and note.device is not None:
        return ways_to(note.device, client, state)
    table = client.registered if client is not None else None
    if client is None or table is None or not table.redirects_to(note.redirect_uri):
        return None
    now = state.clock()
    fresh = replace(note, verifier=pkce.new_verifier(), begun=int(now))
    return Ways(
        application=client.name or client.id,
        back=note.asker.back(**OVER),
        again=page_for(fresh, client, "none", now, state),
    )


def ways_elsewhere(note: LoginNote, registry: Registry) -> Ways | None:
    """Answer the way on in a browser in which the login did not begin: to the application's door.

    Nothing of the login travels along.
    """
    client = registry.find(note.client_id)
    if client is None or client.registered is None:
        return None
    return Ways(application=client.name or client.id, back=_door(note, client.registered))


def _door(note: LoginNote, table: ClientTable) -> Back | None:
    """Answer the front page of the site on which the client's own redirect URI is.

    A pattern may lead to somebody else's, and an app has none. Nor is there one on loopback: this
    browser may be on another machine, where somebody else's program may listen, and on the same one
    it is mostly an app, which listens for the moment of a login.
    """
    pages = [uri for uri in table.redirect_uris if _is_site(uri)]
    if note.redirect_uri in pages:
        pages.insert(0, note.redirect_uri)
    return Back(f"{origin_of(pages[0])}/") if pages else None


def _is_site(uri: str) -> bool:
    if not uri.startswith(("https://", "http://")):
        return False
    return not is_loopback(urlsplit(uri).hostname or "")
