"""Authorization requests, as far as both simulations take them alike (RFC 6749, section 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

from starlette.responses import RedirectResponse, Response


class Refused(Exception):
    """A request that ends on a page of the simulation and never goes back to the client."""


class Registered(Protocol):
    """A client, by whatever name."""

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """Where people may be sent back, compared as exact strings."""
        ...


Client = TypeVar("Client", bound=Registered)


@dataclass(frozen=True)
class Asked(Generic[Client]):
    """An authorization request that may be answered by a redirect; ``query`` has all of it."""

    client: Client
    issuer: str
    query: Mapping[str, str]

    @property
    def redirect_uri(self) -> str:
        """Where the person is sent back."""
        return self.query["redirect_uri"]

    @property
    def scopes(self) -> frozenset[str]:
        """What the client wants to be allowed."""
        return frozenset(self.query.get("scope", "").split())

    @property
    def challenge(self) -> str | None:
        """The S256 challenge (RFC 7636, section 4.3)."""
        return self.query.get("code_challenge")

    @property
    def host(self) -> str:
        """Where the person is sent back, as a page shows it."""
        return urlsplit(self.redirect_uri).netloc

    def back(self, **parameters: str) -> Response:
        """Return a redirect to the client, with ``state`` and ``iss`` (RFC 9207)."""
        query = dict(parameters)
        if "state" in self.query:
            query["state"] = self.query["state"]
        query["iss"] = self.issuer
        address, hash_, fragment = self.redirect_uri.partition("#")
        joint = "&" if urlsplit(address).query else "?"
        target = address.removesuffix("?") + joint + urlencode(query) + hash_ + fragment
        return RedirectResponse(target, status_code=303)


def validated(
    query: Mapping[str, str], issuer: str, clients: Mapping[str, Client], kind: str
) -> Asked[Client]:
    """Return a request of one of the clients, by ID. Raises Refused, for a page.

    ``issuer`` is who answers; ``kind`` is the word for a client there.
    """
    client = clients.get(query.get("client_id", ""))
    if client is None:
        raise Refused(f"Unknown {kind}: no {kind} has this client_id.")
    if query.get("redirect_uri") not in client.redirect_uris:
        raise Refused(f"Invalid redirect_uri: the {kind} has not registered it.")
    if query.get("response_type") != "code":
        raise Refused("Invalid response_type: this simulation knows only “code”.")
    if "code_challenge" in query and query.get("code_challenge_method") != "S256":
        raise Refused("Invalid code_challenge_method: it has to be “S256”.")
    return Asked(client, issuer, query)
