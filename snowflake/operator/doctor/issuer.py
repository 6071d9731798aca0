"""Whether Snowflake is found under its own name."""

import json
from collections.abc import AsyncIterator

from snowflake.operator.doctor.connections import Connections
from snowflake.operator.doctor.finding import Finding, Status
from snowflake.outbound.answer import Answer
from snowflake.outbound.failures import NoAnswer
from snowflake.protocol.paths import OPENID_CONFIGURATION
from snowflake.settings.registry import Registry

SUBJECT = "issuer"
PROXY = (
    "Behind a proxy, let it pass on the host name, and set UVICORN_FORWARDED_ALLOW_IPS to its "
    "address."
)
UNREACHED = (
    "Start Snowflake; if it runs, this machine may not reach it by that name, as others may."
)

UNKNOWN = (
    "Reload Snowflake's configuration, or restart it; and let the proxy lead to it below /clients/."
)


async def issuer(connections: Connections) -> AsyncIterator[Finding]:
    """Ask for the discovery document as an application does.

    A Snowflake that knows its issuer names it whatever it is asked by, but refuses to be asked by
    another host name or without HTTPS, which is what a proxy that passes too little on looks like.
    """
    expected = connections.settings.issuer
    if expected is None:
        text = "is the address by which each request comes"
        yield Finding(Status.NOTE, SUBJECT, text, "Set SNOWFLAKE_ISSUER, so that there is one.")
        return
    try:
        response = await connections.get(f"{expected}{OPENID_CONFIGURATION}")
    except NoAnswer as failure:
        yield Finding(
            Status.WARNING,
            SUBJECT,
            f"nothing answers at {expected} ({failure})",
            failure.cure or UNREACHED,
        )
        return
    if response.is_redirect:
        text = f"{expected} leads somewhere else (status {response.status_code})"
        yield Finding(Status.FAULT, SUBJECT, text, "Set SNOWFLAKE_ISSUER to where it leads.")
        return
    document = _document(response)
    told = document.get("issuer")
    if told == expected:
        yield Finding(Status.OK, SUBJECT, f"{expected} is found under that name")
        for offers in Registry(connections.settings).offers_of.values():
            yield await _of_client(offers.issuer_below(expected), connections)
    elif isinstance(told, str):
        text = f"{expected} calls itself {told}"
        yield Finding(Status.FAULT, SUBJECT, text, "Set SNOWFLAKE_ISSUER there too, and restart.")
    elif isinstance(document.get("error_description"), str):
        text = f"{expected} refuses (status {response.status_code}): "
        yield Finding(Status.FAULT, SUBJECT, f"{text}{document['error_description']}", PROXY)
    else:
        text = f"what answers at {expected} is no Snowflake (status {response.status_code})"
        yield Finding(Status.FAULT, SUBJECT, text, "Let the proxy lead to Snowflake.")


async def _of_client(expected: str, connections: Connections) -> Finding:
    """Ask for the document of a client's own issuer, which is below the one that has answered."""
    try:
        response = await connections.get(f"{expected}{OPENID_CONFIGURATION}")
    except NoAnswer as failure:
        text = f"nothing answers at {expected} ({failure})"
        return Finding(Status.WARNING, SUBJECT, text, failure.cure or UNREACHED)
    if _document(response).get("issuer") == expected:
        return Finding(Status.OK, SUBJECT, f"{expected} is found under that name")
    text = f"{expected} is not there (status {response.status_code})"
    return Finding(Status.FAULT, SUBJECT, text, UNKNOWN)


def _document(response: Answer) -> dict[str, object]:
    try:
        document = json.loads(response.content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
