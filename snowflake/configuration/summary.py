"""What a configuration comes to, in a line for each thing that an operator wants to be sure of."""

from collections.abc import Sequence
from typing import Final

from snowflake.configuration.loading import configuration_file
from snowflake.configuration.reverse_proxy import trusted_proxies
from snowflake.settings import Settings
from snowflake.store.url import FILE, parse_url, server_name

#: Names that are told one by one.
FEW: Final = 10


def summary(settings: Settings) -> dict[str, str]:
    """Answer what is told of a configuration at the start, and by ``snowflake check``.

    Raises:
        StartFault: the database's URL is none.
    """
    return {
        "issuer": settings.issuer
        or "the address by which each request comes; SNOWFLAKE_ISSUER sets one",
        "configuration file": str(configuration_file() or "none"),
        "store": _store(settings),
        "trusted proxies": trusted_proxies() or "none",
        "Discord applications": (
            "any may sign people in; SNOWFLAKE_ALLOWED_CLIENTS limits them"
            if "*" in settings.allowed_clients
            else _listed(settings.allowed_clients)
        ),
        "registered clients": _listed([client.id for client in settings.clients]),
    }


def _store(settings: Settings) -> str:
    if settings.database_url is None:
        return f"SQLite, {settings.data_dir / FILE}"
    url = parse_url(settings.database_url.get_secret_value(), "SNOWFLAKE_DATABASE_URL")
    is_sqlite = url.get_backend_name() == "sqlite"
    return f"SQLite, {url.database or 'in memory'}" if is_sqlite else server_name(url)


def _listed(names: Sequence[str]) -> str:
    more = [f"and {len(names) - FEW} more"] if len(names) > FEW else []
    return ", ".join([*names[:FEW], *more]) or "none"
