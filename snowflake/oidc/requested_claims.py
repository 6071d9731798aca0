"""Single claims that an application asks for: ``claims`` (OpenID Connect Core 1.0, section 5.5).

Each claim is given by one scope. To ask for it by name is to ask for that part of the scope: the
client has to be allowed the scope, Discord to grant what it needs, and people are asked about it as
if the scope had been asked for.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from snowflake.errors import InvalidRequest, LoginRequired, UnmetRequirements
from snowflake.oidc.scopes import Claims, allowed, claims_of, given, scopes_of
from snowflake.people.person import Person
from snowflake.protocol.bounds import MAX_CLAIMS
from snowflake.protocol.parameters import Parameters
from snowflake.settings.client import Client
from snowflake.store.grants import Grant, Requested

#: How many subjects the parameter may name.
MAX_SUBJECTS: Final = 100
#: Where claims may be asked for.
PLACES: Final = ("userinfo", "id_token")


class Asked(NamedTuple):
    """What the parameter asks for: claims by where they are to be, and who has to sign in.

    ``subjects`` are those of whom one has to, all if there are none.
    """

    claims: Requested
    subjects: tuple[str, ...] = ()


def requested_claims(params: Parameters, client: Client) -> Asked:
    """Read the parameter of a registered client. What it may not have is passed over.

    Raises:
        InvalidRequest: it is not what the specification says it is.
        UnmetRequirements: it makes a class of authentication essential, and there are none here.
    """
    text = params.at_most("claims", MAX_CLAIMS)
    if text is None or client.registered is None:
        return Asked({})
    said = _object(text)
    places = {place: _members(said[place], place) for place in PLACES if place in said}
    claims: dict[str, tuple[str, ...]] = {}
    subjects: tuple[str, ...] = ()
    known = _known_to(client)
    for place, members in places.items():
        for wanted in members.values():
            _check(wanted)
        _check_acr(members.get("acr"))
        subjects = both(subjects, _values(members.get("sub")))
        if names := tuple(name for name in members if name in known):
            claims[place] = names
    return Asked(claims, subjects)


def scopes_asked(names: Iterable[str], requested: Requested, client: Client) -> list[str]:
    """Answer the scopes of a request, and those of which it asks for a part."""
    names, wanted = list(names), _names(requested)
    if not wanted:
        return names
    scopes = scopes_of(client)
    others = [name for name in allowed(scopes, client) if wanted.intersection(scopes[name].names)]
    return [*names, *(name for name in others if name not in names)]


def claims_for(
    person: Person,
    granted: Iterable[str],
    requested: Requested,
    client: Client,
    discord: frozenset[str],
) -> Claims:
    """Answer the claims of the granted scopes, and those that were asked for by name."""
    granted, scopes = list(granted), scopes_of(client)
    asked = given(scopes_asked(granted, requested, client), discord, client)
    wanted = _names(requested).union(*(scopes[name].names for name in granted))
    claims = claims_of(person, asked, client, discord)
    return {name: value for name, value in claims.items() if name in wanted}


def requested_at(place: str, grant: Grant, names: Iterable[str], client: Client) -> list[str]:
    """Answer the claims that were asked for by name at a place, as far as the client may have them.

    A token for fewer of the ``names`` of scopes than were given has none of them.
    """
    requested = grant.requested.get(place, ())
    if not requested or not {*given(grant.scopes, grant.discord_scopes, client)} <= {*names}:
        return []
    known = _known_to(client)
    return [name for name in requested if name in known]


def _known_to(client: Client) -> frozenset[str]:
    """Answer the claims that the scopes give which the client may have."""
    scopes = scopes_of(client)
    return frozenset().union(*(scopes[name].names for name in allowed(scopes, client)))


def _names(requested: Requested) -> frozenset[str]:
    return frozenset(name for names in requested.values() for name in names)


# Whatever JSON has.
def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
        # An escape may make half a character, which no text can hold.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("claims is no JSON") from error
    if not isinstance(value, dict):
        raise InvalidRequest("claims must be an object")
    return value


def _members(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest(f"claims: {place} must be an object")
    return value


def _check(wanted: Any) -> None:
    """Refuse what asks for a claim in a way that there is not."""
    if wanted is None:
        return
    if not isinstance(wanted, dict):
        raise InvalidRequest("claims: each must be null or an object")
    if not isinstance(wanted.get("essential", False), bool):
        raise InvalidRequest("claims: essential must be true or false")
    if not isinstance(wanted.get("values", []), list):
        raise InvalidRequest("claims: values must be a list")


def _values(wanted: Any) -> tuple[str, ...]:
    """Answer which values of a claim will do, none if all will."""
    if wanted is None:
        return ()
    values = wanted.get("values", []) if "value" not in wanted else [wanted["value"]]
    if not all(isinstance(value, str) for value in values):
        raise InvalidRequest("claims: a value of sub must be text")
    if len(values) > MAX_SUBJECTS:
        raise InvalidRequest(f"claims: sub may have {MAX_SUBJECTS} values")
    return tuple(values)


def both(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Answer the names that two parts of a request let in, each all if it names nobody.

    Raises:
        LoginRequired: nobody can be both.
    """
    if not some or not others:
        return some or others
    left = tuple(one for one in some if one in others)
    if not left:
        raise LoginRequired("the request names different people")
    return left


def _check_acr(wanted: Any) -> None:
    """Refuse a login that must not go on without what Discord cannot prove (section 5.5.1.1)."""
    if isinstance(wanted, dict) and wanted.get("essential") and {"value", "values"} & wanted.keys():
        raise UnmetRequirements("claims: no acr is known here, and one is essential")
