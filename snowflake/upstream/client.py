"""The calls that Snowflake makes to the OpenID provider of linked roles."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from pydantic import SecretStr

from snowflake.concurrency.single_flight import SingleFlight
from snowflake.errors import UpstreamDown, UpstreamMisconfigured, UpstreamRefused, UpstreamUntrusted
from snowflake.upstream.answer import Answer, Tokens, read_tokens
from snowflake.upstream.authorization import ALWAYS, address, reference
from snowflake.upstream.calls import Call, Calls
from snowflake.upstream.credentials import Credentials
from snowflake.upstream.discovery import Provider, document_url, read_document
from snowflake.upstream.id_token import Expected, check_subject, verify
from snowflake.upstream.jwks import Keys
from snowflake.upstream.narrowing import Demands, check_claims, check_scope
from snowflake.upstream.reading import check, read

#: Seconds for which the discovery document is kept.
LIFETIME: Final = 3600.0
#: A refresh token that no provider has given.
MADE_UP: Final = "snowflake-doctor"


class Upstream:
    """The OpenID provider at ``issuer``, over one pool of connections for the whole process.

    Every method that asks it raises :class:`~snowflake.errors.UpstreamError` alone.
    """

    def __init__(
        self,
        issuer: str,
        credentials: Credentials,
        demands: Demands,
        calls: Calls,
        clock: Callable[[], float],
    ) -> None:
        #: The ``iss`` that its callback has to have, if it has one (RFC 9207).
        self.issuer: Final = issuer
        self._credentials, self._demands = credentials, demands
        self._calls, self._clock = calls, clock
        self._documents = SingleFlight(LIFETIME, clock)
        self._keys = Keys(self._fetch_keys, clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        issuer: str,
        client_id: str,
        client_secret: SecretStr,
        demands: Demands,
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator["Upstream"]:
        """Open the pool; ``clock`` tells Unix time in seconds.

        Nothing is asked yet: a provider that is down does not stop the start.
        """
        async with Calls.open(issuer) as calls:
            yield cls(issuer, Credentials(client_id, client_secret), demands, calls, clock)

    async def discover(self) -> None:
        """Look whether the provider can be used, by what it says of itself.

        Raises:
            UpstreamDown: it cannot be asked.
            UpstreamMisconfigured: what it answers cannot be used.
        """
        await self._document()

    async def try_client(self) -> None:
        """Look whether the provider knows the client, with a refresh token that nobody has made.

        It looks at the client first: what it refuses of a client that it knows is the token.

        Raises:
            UpstreamMisconfigured: it does not accept the client, or not for this.
            UpstreamDown: it does not say.
        """
        form = {"grant_type": "refresh_token", "refresh_token": MADE_UP}
        async with self._provider() as provider:
            with suppress(UpstreamRefused):
                await self._tokens(provider, form)

    async def authorization_url(
        self, redirect_uri: str, state: Callable[[bool], str], nonce: str, challenge: str
    ) -> str:
        """Answer where to send the browser (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3).

        Where the provider takes pushed requests (RFC 9126), it hears of this one from us, so that
        nobody can take anything out of it on the way; ``state`` makes the state, knowing whether
        that is so. ``challenge`` is the S256 challenge of the verifier that ``redeem`` is given
        later.

        Raises:
            UpstreamDown: the provider cannot be asked where that is, or does not take the request.
            UpstreamMisconfigured: what it answers cannot be used, or it does not accept the client.
        """
        async with self._provider() as provider:
            pushed = provider.pushed_authorization_request_endpoint
            parameters = {
                **ALWAYS,
                "client_id": self._credentials.client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(self._demands.scopes),
                "state": state(pushed is not None),
                "nonce": nonce,
                "code_challenge": challenge,
            }
            if pushed is not None:
                call = self._credentials.call("par", pushed, parameters, provider)
                parameters = reference(parameters, read(await self._calls.send(call)))
        return address(provider.authorization_endpoint, parameters)

    async def redeem(
        self, code: str, redirect_uri: str, verifier: str, nonce: str, *, pushed: bool
    ) -> Answer:
        """Exchange a code (OpenID Connect Core 1.0, section 3.1.3).

        ``pushed`` is whether the provider had the request from us.

        Raises:
            UpstreamRefused: the code is expired or used, or not for us.
            UpstreamNarrowed: the person has allowed less than was asked for.
            UpstreamUntrusted: the ID token or UserInfo is not what it has to be.
            UpstreamDown: it does not answer as it should; the code may be spent.
            UpstreamMisconfigured: it does not accept the client, or does not say what was allowed.
        """
        async with self._provider() as provider:
            tokens = await self._tokens(
                provider,
                {
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": redirect_uri,
                    "code_verifier": verifier,
                },
            )
            if tokens.id_token is None:
                raise UpstreamMisconfigured("token", "gives no ID token")
            check_scope(self._demands, provider, tokens, pushed=pushed)
            claims = await self._claims(provider, tokens, nonce=nonce)
            check_claims(self._demands, claims)
        return Answer(claims, tokens.refresh_token or None)

    async def refresh(
        self,
        refresh_token: SecretStr,
        subject: str,
        *,
        save: Callable[[SecretStr], Awaitable[None]],
    ) -> Answer:
        """Ask again about a person, by their ``sub`` (OpenID Connect Core 1.0, section 12).

        Where the provider gives a new refresh token, the old one is good no more: ``save`` is
        awaited with the new one before anything else is done that may fail.

        Raises:
            UpstreamRefused: the refresh token is good no more, or the person is disabled.
            UpstreamUntrusted: the ID token or UserInfo is not what it has to be.
            UpstreamDown: it does not answer as it should.
            UpstreamMisconfigured: it does not accept the client.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token.get_secret_value()}
        async with self._provider() as provider:
            tokens = await self._tokens(provider, form)
            if tokens.refresh_token and tokens.refresh_token != refresh_token:
                await save(tokens.refresh_token)
            claims = await self._claims(provider, tokens, subject=subject)
        return Answer(claims, tokens.refresh_token or refresh_token)

    async def revoke(self, refresh_token: SecretStr) -> None:
        """Revoke a refresh token, if the provider can (RFC 7009).

        Raises:
            UpstreamDown: it does not answer as it should.
            UpstreamMisconfigured: it does not accept the client.
        """
        async with self._provider() as provider:
            if provider.revocation_endpoint is None:
                return
            form = {
                "token": refresh_token.get_secret_value(),
                "token_type_hint": "refresh_token",
            }
            url = provider.revocation_endpoint
            call = self._credentials.call("revocation", url, form, provider)
            check(await self._calls.send(call))

    @asynccontextmanager
    async def _provider(self) -> AsyncIterator[Provider]:
        """Give what the provider says of itself; where it does not hold, it is read anew later."""
        provider = await self._document()
        try:
            yield provider
        except (UpstreamDown, UpstreamMisconfigured, UpstreamUntrusted):
            self._documents.forget(self.issuer)
            raise

    async def _tokens(self, provider: Provider, form: Mapping[str, str]) -> Tokens:
        call = self._credentials.call("token", provider.token_endpoint, form, provider)
        return read_tokens(read(await self._calls.send(call)))

    async def _claims(
        self,
        provider: Provider,
        tokens: Tokens,
        *,
        nonce: str | None = None,
        subject: str | None = None,
    ) -> dict[str, Any]:
        """Answer the claims of the ID token, if there is one, and of UserInfo, which wins."""
        access_token = tokens.access_token.get_secret_value()
        claims: dict[str, Any] = {}
        if tokens.id_token is not None:
            claims = await verify(
                tokens.id_token.get_secret_value(),
                self._keys,
                provider.algorithms,
                self._clock(),
                Expected(self.issuer, self._credentials.client_id, access_token, nonce, subject),
            )
            subject = claims["sub"]
        if provider.userinfo_endpoint is not None:
            headers = {"Authorization": f"Bearer {access_token}"}
            call = Call("userinfo", provider.userinfo_endpoint, headers=headers)
            said = read(await self._calls.send(call))
            # Without this, UserInfo could be anybody's (OpenID Connect Core 1.0, section 5.3.2).
            check_subject("userinfo", said.get("sub"), subject)
            claims |= said
        if not claims:
            raise UpstreamMisconfigured("token", "gives no ID token, and there is no UserInfo")
        return claims

    async def _document(self) -> Provider:
        return await self._documents.run(self.issuer, self._discover)

    async def _discover(self) -> Provider:
        call = Call("discovery", document_url(self.issuer))
        return read_document(read(await self._calls.send(call)), self.issuer)

    async def _fetch_keys(self) -> dict[str, Any]:
        provider = await self._document()
        return read(await self._calls.send(Call("jwks", provider.jwks_uri)))
