"""``/linked-role/upstream``, where the upstream provider sends people back to: linked."""

from dataclasses import dataclass

import structlog
from starlette.requests import Request

from snowflake.errors import InvalidRequest, OAuthError, UpstreamError
from snowflake.linked_roles.bounds import MAX_UPSTREAM_CODE
from snowflake.linked_roles.connecting import connect
from snowflake.linked_roles.failures import brought, refusal, told
from snowflake.linked_roles.notes import ToUpstream, take
from snowflake.linked_roles.own import table_of, upstream_of
from snowflake.linked_roles.paths import UPSTREAM
from snowflake.linked_roles.sync import sync
from snowflake.linked_roles.words import Said, in_words
from snowflake.protocol.parameters import Parameters, query
from snowflake.state import State, state_of
from snowflake.telemetry.audit import audit
from snowflake.telemetry.metrics import LINKS

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Linked:
    """What a person is told who is linked now.

    ``account`` is their username at Discord, ``username`` the one at the ``platform``, empty if it
    is not known; ``said`` is what Discord knows of them. It is ``lasting`` unless the provider gave
    nothing to ask it with again.
    """

    account: str
    username: str
    platform: str
    said: tuple[Said, ...]
    lasting: bool


async def upstream(request: Request) -> Linked:
    """Take the person back from the upstream provider, tell Discord, and keep the link.

    Raises:
        LinkError: it cannot go on.
    """
    state = state_of(request)
    table = table_of(state.settings)
    with told(table.platform_name):
        with brought():
            # 1. The note, this browser's own.
            params = query(request)
            note = await take(ToUpstream, params.get("state"), request, state)

            # 2. The parameters.
            _check_issuer(params, state)
            if (error := params.get("error")) is not None:
                raise refusal(error, table.platform_name)
            code = params.require("code", MAX_UPSTREAM_CODE)

        # 3. Who it is there.
        answer = await upstream_of(state).redeem(
            code, note.issuer + UPSTREAM, note.verifier, note.nonce, pushed=note.pushed
        )

        # 4. To Discord, and into the store.
        link, lost = await connect(note.person, answer, state)
    LINKS.labels("linked").inc()
    audit("link", "linked", client=link.application, person=link.person)
    for other in lost:
        await _take_from(other.person, state)
    return Linked(
        account=note.account,
        username=link.username,
        platform=table.platform_name,
        said=in_words(link.values, table),
        lasting=link.refresh_token is not None,
    )


def _check_issuer(params: Parameters, state: State) -> None:
    """Pass, unless the answer names another issuer (RFC 9207, section 2.4)."""
    issuer = upstream_of(state).issuer
    if params.get("iss", issuer) != issuer:
        raise InvalidRequest("the answer comes from another provider")


async def _take_from(person: str, state: State) -> None:
    """Tell Discord of somebody who has lost their account, or leave it to the next round."""
    try:
        await sync(person, state)
    except (OAuthError, UpstreamError) as error:
        _log.warning("lost_link_postponed", error=type(error).__name__)
