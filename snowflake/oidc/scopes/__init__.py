"""Which scopes there are for a client, and what they give it.

``built_in.py`` has those that everybody has. Those of the operator's own, and what others tell
besides, stand in ``[[scopes]]`` and ``[clients.claims]``: they are claims by expression
(``expressed.py``), and what one of them fails to tell is left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

import structlog

from snowflake.errors import InvalidGrant
from snowflake.oidc.expressed import (
    Found,
    found,
    found_without_person,
    needs_person,
    sources_of,
)
from snowflake.oidc.scopes.built_in import (
    BUILT_IN,
    GROUP_NAMES,
    MEMBERS,
    Claims,
    for_groups,
    said,
)
from snowflake.oidc.scopes.scope import Scope
from snowflake.people.document import Told
from snowflake.people.person import Person
from snowflake.people.subjects import SUBJECTS
from snowflake.settings.client import Client
from snowflake.settings.registry import MAX_CLIENTS

__all__ = ["BUILT_IN", "GROUP_NAMES", "MEMBERS", "Claims", "Scope"]

_log = structlog.get_logger(__name__)


# Asked for again and again at each login.
@lru_cache(MAX_CLIENTS)
def scopes_of(client: Client) -> Mapping[str, Scope]:
    """Answer the scopes that there are, by their names in our order, as they are for a client.

    Each claim is given by one scope alone.
    """
    tells = SUBJECTS[client.subject].tells
    scopes = {**BUILT_IN, "openid": replace(BUILT_IN["openid"], tells=tells)}
    for own in client.own_scopes:
        scope = scopes.get(own.name, Scope(own.description or own.name, ""))
        words = own.description or _unexplained(own.claims)
        scopes[own.name] = scope.telling(own.claims, words)
    if client.claims:
        # They come with each login, and so with the scope that each has.
        scopes = {name: scope.without(client.claims) for name, scope in scopes.items()}
        scopes["openid"] = scopes["openid"].telling(client.claims, _unexplained(client.claims))
    return scopes


def _unexplained(expressions: Mapping[str, str]) -> str:
    """Answer, in words for people, what claims tell that nobody has described."""
    if not expressions:
        return ""
    sources = sources_of(*expressions.values())
    drawn = f", drawn from {', '.join(sources)}" if sources else ""
    return f"Further details{drawn}: {', '.join(expressions)}."


def scopes_of_all(clients: Iterable[Client]) -> list[str]:
    """Answer the names of the scopes that there are for any of the clients, in our order."""
    return list(dict.fromkeys(name for client in clients for name in scopes_of(client)))


def learnt(names: Iterable[str], client: Client | None) -> list[str]:
    """Answer, in words for people, what a client learns by scopes; None is one that is gone."""
    scopes, names = scopes_of(client) if client is not None else BUILT_IN, set(names)
    return [scope.tells for name, scope in scopes.items() if name in names]


def known(scope: str, client: Client) -> list[str]:
    """Answer the scopes of a request that we know, in our order; others are ignored."""
    asked = set(scope.split())
    return [name for name in scopes_of(client) if name in asked]


def allowed(names: Iterable[str], client: Client) -> list[str]:
    """Answer those scopes that there are and the client may have, as it is configured now."""
    scopes = scopes_of(client)
    return [name for name in names if name in scopes and client.allows_scope(name)]


def given(names: Iterable[str], discord: frozenset[str], client: Client) -> list[str]:
    """Answer those scopes that the client may have and for which Discord granted all they need."""
    scopes = scopes_of(client)
    return [
        name
        for name in allowed(names, client)
        if scopes[name].always or scopes[name].discord(client) <= discord
    ]


def granted(names: Iterable[str], discord: frozenset[str], client: Client) -> list[str]:
    """Answer what ``given`` does.

    Raises:
        InvalidGrant: not even ``openid`` is among them.
    """
    scopes = given(names, discord, client)
    if "openid" not in scopes:
        raise InvalidGrant("Discord does not let us know who the person is")
    return scopes


def for_machines(client: Client) -> list[str]:
    """Answer the scopes that a client may have for itself: of ``[[scopes]]``, and of no person."""
    return [
        name
        for name, scope in scopes_of(client).items()
        if name not in BUILT_IN
        and client.allows_scope(name)
        and not any(map(needs_person, scope.expressions.values()))
    ]


def claims_of_machine(
    names: Iterable[str], client: Client, assertion: Mapping[str, object]
) -> Claims:
    """Answer the claims of a client that gets a token for itself, by scopes ``for_machines``.

    ``assertion`` has the claims by which somebody else's JWT proved who it is.
    """
    scopes = scopes_of(client)
    wanted = [client.claims, *(scopes[name].expressions for name in names)]
    expressions = {
        claim: text for each in wanted for claim, text in each.items() if not needs_person(text)
    }
    return _logged(found_without_person(expressions, client, assertion))


def claims_of(
    person: Person, names: Iterable[str], client: Client, discord: frozenset[str]
) -> Claims:
    """Answer the claims of the scopes, as far as the scopes that Discord granted allow.

    A claim with nothing to say is left out, and so is ``sub``, by which the client knows them.
    """
    claims: Claims = {}
    names, scopes, nowhere = tuple(names), scopes_of(client), Person(person.user)
    for name in names:
        scope = scopes[name]
        told = person if scope.discord(client) <= discord else nowhere
        claims |= {claim: value(told, client) for claim, value in scope.claims.items()}
    return said({**claims, **_logged(found_by_expression(person, names, client, discord))})


def _logged(by_expression: Found) -> Claims:
    for claim, reason in by_expression.failed.items():
        _log.warning("claim_left_out", claim=claim, reason=reason)
    return dict(by_expression.claims)


def found_by_expression(
    person: Person, names: Iterable[str], client: Client, discord: frozenset[str]
) -> Found:
    """Answer what the expressions of the scopes come to, as far as Discord was allowed to tell."""
    scopes = scopes_of(client)
    expressions = {
        claim: text for name in names for claim, text in scopes[name].expressions.items()
    }
    if not expressions:
        return Found({}, {})
    may_know = Told(
        email="email" in discord,
        groups=for_groups(client) <= discord,
        guild_list="guilds" in discord,
        members=client.has_bot or MEMBERS in discord,
    )
    return found(expressions, person, client, may_know)
