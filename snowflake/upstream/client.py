"""The calls that Snowflake makes to the OpenID provider of linked roles."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr

from snowflake.errors import (
    UpstreamDown,
    UpstreamMisconfigured,
    UpstreamNarrowed,
    UpstreamUntrusted,
)
from snowflake.upstream.answer import Answer, Tokens, read_tokens
from snowflake.upstream.calls import Call, Calls
from snowflake.upstream.credentials import Credentials
from snowflake.upstream.discovery import Provider, document_url, read_document
from snowflake.upstream.id_token import Expected, check_subject, verify
from snowflake.upstream.jwks import Keys
from snowflake.upstream.kept import Kept
from snowflake.upstream.reading import check, read

#: Seconds for which the discovery document is kept.
LIFETIME: Final = 3600.0


class Upstream:
    """The OpenID provider at ``issuer``, over one pool of connections for the whole process.

    Every method that asks it raises :class:`~snowflake.errors.UpstreamError` alone.
    """

    def __init__(
        self,
        issuer: str,
        credentials: Credentials,
        scopes: Sequence[str],
        calls: Calls,
        clock: Callable[[], float],
    ) -> None:
        #: The ``iss`` that its callback has to have, if it has one (RFC 9207).
        self.issuer: Final = issuer
        self._credentials, self._scope = credentials, " ".join(scopes)
        self._calls, self._clock = calls, clock
        self._document = Kept(self._discover, LIFETIME, clock)
        self._keys = Keys(self._fetch_keys, clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        issuer: str,
        client_id: str,
        client_secret: SecretStr,
        scopes: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> AsyncIterator["Upstream"]:
        """Open the pool. Nothing is asked yet: a provider that is down does not stop the start.

        ``clock`` tells Unix time in seconds.
        """
        async with Calls.open() as calls:
            yield cls(issuer, Credentials(client_id, client_secret), scopes, calls, clock)

    async def discover(self) -> None:
        """Look whether the provider can be used, by what it says of itself.

        Raises:
            UpstreamDown: it cannot be asked.
            UpstreamMisconfigured: what it answers cannot be used.
        """
        await self._document.get()

    async def authorization_url(
        self, redirect_uri: str, state: str, nonce: str, challenge: str
    ) -> str:
        """Answer where to send the browser (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3).

        ``challenge`` is the S256 challenge of the verifier that ``redeem`` is given later.

        Raises:
            UpstreamDown: the provider cannot be asked where that is.
            UpstreamMisconfigured: what it answers cannot be used.
        """
        endpoint = (await self._document.get()).authorization_endpoint
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._credentials.client_id,
                "redirect_uri": redirect_uri,
                "scope": self._scope,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def redeem(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> Answer:
        """Exchange a code (OpenID Connect Core 1.0, section 3.1.3).

        Raises:
            UpstreamRefused: the code is expired or used, or not for us.
            UpstreamNarrowed: the person has allowed less than was asked for.
            UpstreamUntrusted: the ID token or UserInfo is not what it has to be.
            UpstreamDown: it does not answer as it should; the code may be spent.
            UpstreamMisconfigured: it does not accept the client.
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
            self._check_scope(provider, tokens)
            claims = await self._claims(provider, tokens, nonce=nonce)
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
        async with self._provider() as provider:
            tokens = await self._tokens(
                provider,
                {
                    "grant_type": "refresh_token",
                    "refresh_token": refresh_token.get_secret_value(),
                },
            )
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
        provider = await self._document.get()
        try:
            yield provider
        except (UpstreamDown, UpstreamMisconfigured, UpstreamUntrusted):
            self._document.forget()
            raise

    async def _tokens(self, provider: Provider, form: Mapping[str, str]) -> Tokens:
        call = self._credentials.call("token", provider.token_endpoint, form, provider)
        return read_tokens(read(await self._calls.send(call)))

    def _check_scope(self, provider: Provider, tokens: Tokens) -> None:
        """Pass, unless something is missing that the provider could have given (RFC 6749, 5.1).

        The scopes stand in the address bar before the person: without one they would keep a role
        for ever, or have no claim that speaks against them.
        """
        asked = self._scope.split()
        granted = set(tokens.scope.split() if tokens.scope is not None else asked)
        if not tokens.refresh_token:
            granted.discard("offline_access")
        missing = set(asked).intersection(provider.scopes_supported) - granted
        if missing:
            raise UpstreamNarrowed("token", f"was given without {' '.join(sorted(missing))}")

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
            said = await self._userinfo(provider.userinfo_endpoint, access_token)
            # Without this, UserInfo could be anybody's (OpenID Connect Core 1.0, section 5.3.2).
            check_subject("userinfo", said.get("sub"), subject)
            claims |= said
        if not claims:
            raise UpstreamMisconfigured("token", "gives no ID token, and there is no UserInfo")
        return claims

    async def _userinfo(self, url: str, access_token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        return read(await self._calls.send(Call("userinfo", url, headers=headers)))

    async def _discover(self) -> Provider:
        call = Call("discovery", document_url(self.issuer))
        return read_document(read(await self._calls.send(call)), self.issuer)

    async def _fetch_keys(self) -> dict[str, Any]:
        provider = await self._document.get()
        return read(await self._calls.send(Call("jwks", provider.jwks_uri)))
