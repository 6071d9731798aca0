"""Keys of a client that say nothing, for want of another one: whoever wrote one meant something."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from snowflake.configuration.document import Keys
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable

Faults = Iterator[tuple[Keys, str]]


class _Need(NamedTuple):
    """What has to hold for a client so that ``names`` say anything, and in words, why not."""

    holds: Callable[[ClientTable], object]
    names: tuple[str, ...]
    reason: str


_NEEDS: Final = (
    _Need(
        lambda client: client.asks_for("code"),
        ("code_lifetime",),
        "is about codes, and none of its response_types has one",
    ),
    _Need(
        lambda client: "refresh_token" in client.grant_types,
        ("refresh_token_lifetime", "refresh_token_threshold"),
        "needs refresh_token in grant_types",
    ),
    _Need(
        lambda client: client.backchannel_logout_uri,
        ("backchannel_logout_session_required",),
        "needs backchannel_logout_uri",
    ),
    _Need(
        lambda client: client.frontchannel_logout_uri,
        ("frontchannel_logout_session_required",),
        "needs frontchannel_logout_uri",
    ),
)


def faults_of_idle_keys(client: ClientTable, settings: Settings, keys: Keys) -> Faults:
    """Answer which keys of a client say something other than usual, and to nobody.

    Of those that want people the table itself has told.
    """
    if not client.signs_in_people:
        return
    for need in _NEEDS:
        for name in need.names:
            is_said = getattr(client, name) != ClientTable.model_fields[name].default
            if is_said and not need.holds(client):
                yield (*keys, name), need.reason
    if client.webfinger and not settings.allowed_webfinger_hosts:
        yield (
            (*keys, "webfinger"),
            "needs allowed_webfinger_hosts (SNOWFLAKE_ALLOWED_WEBFINGER_HOSTS)",
        )
