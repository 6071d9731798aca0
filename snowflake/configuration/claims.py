"""What is wrong with claims by expression and with scopes of the operator's own."""

from collections.abc import Iterator, Mapping

from snowflake.configuration.document import Keys
from snowflake.configuration.hints import guess
from snowflake.expressions.looking import looks_of
from snowflake.expressions.places import ELEMENT
from snowflake.oidc.expressed import names_roles
from snowflake.oidc.scopes import BUILT_IN
from snowflake.people.document import PATHS
from snowflake.settings import Settings

Faults = Iterator[tuple[Keys, str]]
BOT = "discord_bot_token (SNOWFLAKE_DISCORD_BOT_TOKEN)"


def faults_of_scopes(settings: Settings) -> Faults:
    """Answer where scopes do not go together: each claim is given by one of them."""
    givers = {claim: name for name, scope in BUILT_IN.items() for claim in scope.claims}
    known: set[str] = set()
    for at, table in enumerate(settings.scopes):
        keys: Keys = ("scopes", at)
        if table.name in known:
            yield (*keys, "name"), "is the name of another scope too"
        known.add(table.name)
        if table.name == "offline_access":
            yield (*keys, "name"), "tells how long a login lasts, and has no claims"
        if table.description is None and table.name not in BUILT_IN:
            yield (*keys, "description"), "is missing: people read it who are asked for consent"
        for claim in table.claims:
            giver = givers.setdefault(claim, table.name)
            if giver != table.name:
                yield (*keys, "claims", claim), f"is a claim of the scope {giver} already"
        yield from faults_of_claims(table.claims, settings, (*keys, "claims"))


def faults_of_claims(claims: Mapping[str, str], settings: Settings, keys: Keys) -> Faults:
    """Answer which expressions look for what there is not."""
    for claim, text in claims.items():
        try:
            unknown = looks_of(text, PATHS).unknown
        except RecursionError:
            yield (*keys, claim), "is too nested"
            continue
        for path in unknown:
            yield (*keys, claim), _unknown(path)
        if names_roles(text) and settings.discord_bot_token is None:
            yield (*keys, claim), f"looks for the names of roles, which need {BOT}"


def _unknown(path: tuple[str, ...]) -> str:
    *above, name = path
    around = tuple(above)
    where = f"in {_written(around)} there is" if above else "of a person there is"
    if (*around, ELEMENT) in PATHS:
        return f"{where} no {name}: it is a list; write {_written(around)}[].{name}"
    others = {other[len(around)] for other in PATHS if other[: len(around)] == around != other}
    return f"{where} no {name}{guess(name, others - {ELEMENT, '*'})}"


def _written(path: tuple[str, ...]) -> str:
    return ".".join(path).replace(f".{ELEMENT}", ELEMENT)
