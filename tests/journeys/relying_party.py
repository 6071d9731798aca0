"""An application as RFC 6749 and OpenID Connect Core 1.0 describe it, without a library."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.journeys.browser import parameters

#: Claims of an ID token that speak of the token and not of the person.
PROTOCOL_CLAIMS = frozenset(
    {"sid", "iss", "aud", "exp", "iat", "auth_time", "at_hash", "jti", "nonce"}
)
SCOPE = "openid profile email groups"

# JSON as it came: what is in it is what the tests are about.
Json = dict[str, Any]
Method = Literal[
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"
]


@dataclass(frozen=True)
class Secrets:
    """What an application keeps of one login until the browser is back."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    # 128 characters, the longest that RFC 7636 allows.
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(96))


@dataclass(frozen=True)
class RelyingParty:
    """An application that knows an issuer, and itself as a client there."""

    issuer: str
    client_id: str
    client_secret: str | None
    http: httpx.Client
    redirect_uri: str
    method: Method
    pkce: bool = True
    scope: str = SCOPE

    def begin(self, login: Secrets, **further: str) -> str:
        """Answer the address of an authorization request (OpenID Connect Core 1.0, 3.1.2.1)."""
        query = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "state": login.state,
            "nonce": login.nonce,
        }
        if self.pkce:
            digest = hashlib.sha256(login.verifier.encode()).digest()
            query["code_challenge"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            query["code_challenge_method"] = "S256"
        return f"{self.issuer}/authorize?{urlencode({**query, **further})}"

    def code(self, login: Secrets, arrived: str) -> str:
        """Check the answer (RFC 6749, 4.1.2; RFC 9207) and answer its code."""
        separator = "&" if "?" in self.redirect_uri else "?"
        assert arrived.startswith(self.redirect_uri + separator)
        answer = parameters(arrived)
        for name in parameters(self.redirect_uri) if separator == "&" else ():
            del answer[name]
        assert answer.keys() == {"code", "state", "iss"}
        assert answer["state"] == login.state
        assert answer["iss"] == self.issuer
        return answer["code"]

    def redeem(self, login: Secrets, code: str, /, **changed: str) -> httpx.Response:
        """Send the code to the token endpoint (RFC 6749, 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
        }
        if self.pkce:
            form["code_verifier"] = login.verifier
        return self._post({**form, **changed})

    def refresh(self, refresh_token: str, /, **changed: str) -> httpx.Response:
        """Send the refresh token to the token endpoint (RFC 6749, 6)."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._post({**form, **changed})

    def _post(self, form: dict[str, str]) -> httpx.Response:
        headers, own = {}, {}
        if self.method == "client_secret_basic":
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret or '', safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            own["client_id"] = self.client_id
        if self.method == "client_secret_post":
            own["client_secret"] = self.client_secret or ""
        return self.http.post(f"{self.issuer}/token", data={**own, **form}, headers=headers)

    def claims(self, tokens: Json) -> Json:
        """Check the ID token (OpenID Connect Core 1.0, 3.1.3.7) and answer what it says."""
        keys = self.http.get(f"{self.issuer}/.well-known/jwks.json").raise_for_status().json()
        token = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), ["RS256"])
        assert token.header["typ"] == "JWT"
        claims = dict(token.claims)
        assert claims["iss"] == self.issuer
        assert claims["aud"] == self.client_id
        digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        for time in ("iat", "exp", "auth_time"):
            assert type(claims[time]) is int
        assert claims["exp"] - claims["iat"] == tokens["expires_in"]
        return claims

    def userinfo(self, tokens: Json) -> Json:
        """Ask the UserInfo endpoint (OpenID Connect Core 1.0, 5.3)."""
        headers = {"Authorization": f"{tokens['token_type']} {tokens['access_token']}"}
        response = self.http.get(f"{self.issuer}/userinfo", headers=headers)
        assert response.status_code == 200, response.text
        body: Json = response.json()
        return body


def tokens_of(response: httpx.Response) -> Json:
    """Check a successful token answer (RFC 6749, 5.1)."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    body: Json = response.json()
    assert body["token_type"] == "Bearer"
    assert type(body["expires_in"]) is int
    return body


def error_of(response: httpx.Response, status: int) -> str:
    """Check an error of the token endpoint (RFC 6749, 5.2) and answer its code."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert response.json().keys() == {"error", "error_description"}
    error: str = response.json()["error"]
    return error


def about_the_person(claims: Json) -> Json:
    """Answer the claims but for those that speak of the token."""
    return {name: value for name, value in claims.items() if name not in PROTOCOL_CLAIMS}
