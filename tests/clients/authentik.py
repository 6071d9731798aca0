"""Authentik's OpenID source: what it sends and what it looks at, step by step.

An imitation of its behaviour, faults included: it checks no issuer, sends no nonce, never looks at
the ID token as long as UserInfo answers, and breaks where a group is an object.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.journeys.relying_party import Json

REDIRECT_URI = "https://app.example.com/source/oauth/callback/discord/"
ADDITIONAL_SCOPES = "groups"


class SourceError(Exception):
    """What Authentik shows to the person when a login fails."""


class ServerError(Exception):
    """Authentik's error 500: nothing has been written, and nobody is signed in."""


@dataclass(frozen=True)
class Account:
    """What Authentik takes over of somebody. ``info`` is what its property mappings are given."""

    identifier: str
    username: str
    email: str | None
    name: str | None
    groups: list[str]
    info: Json = field(default_factory=dict, compare=False)


class Source:
    """An OpenID OAuth source, saved with a consumer key, a secret and a well-known URL."""

    def __init__(
        self,
        http: httpx.Client,
        well_known: str,
        key: str,
        secret: str,
        *,
        authentication: Literal["basic_auth", "post_body"] = "basic_auth",
        pkce: bool = True,
        scopes: str = ADDITIONAL_SCOPES,
    ) -> None:
        self._http = http
        self._key, self._secret = key, secret
        self._authentication, self._pkce, self._scopes = authentication, pkce, scopes
        # 1. Saving the source overwrites all URLs and keys with what the provider says.
        self.urls: Json = http.get(well_known).raise_for_status().json()
        self._jwks = http.get(self.urls["jwks_uri"]).raise_for_status().json()
        self._state = self._verifier = ""

    def redirect(self) -> str:
        """2. Send the person off."""
        self._state = secrets.token_hex(16)
        scopes = {"email", "openid", "profile", *self._scopes.split()}
        query = {
            "client_id": self._key,
            "redirect_uri": REDIRECT_URI,
            "response_type": "code",
            "state": self._state,
            "scope": " ".join(sorted(scopes)),
        }
        if self._pkce:
            self._verifier = secrets.token_urlsafe(96)
            digest = hashlib.sha256(self._verifier.encode()).digest()
            query["code_challenge"] = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            query["code_challenge_method"] = "S256"
        return f"{self.urls['authorization_endpoint']}?{urlencode(query)}"

    def callback(self, arrived: str) -> Account:
        """3. Take the person back, get the token, ask who it is."""
        query = {name: values[-1] for name, values in parse_qs(urlsplit(arrived).query).items()}
        if query.get("state") != self._state:
            raise SourceError("Authentication failed: state does not match")
        if "code" not in query:
            raise SourceError(query.get("error_description") or query.get("error", ""))
        token = self._token(query["code"])
        profile = self._userinfo(token)
        return _account(self._id_token(token) if profile is None else profile)

    def _token(self, code: str) -> Json:
        body = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI, "code": code}
        headers = {"Accept": "application/json"}
        if self._pkce:
            body["code_verifier"] = self._verifier
        if self._authentication == "post_body":
            body |= {"client_id": self._key, "client_secret": self._secret}
        else:
            raw = base64.b64encode(f"{self._key}:{self._secret}".encode()).decode()
            headers["Authorization"] = f"Basic {raw}"
        response = self._http.post(self.urls["token_endpoint"], data=body, headers=headers)
        if not response.is_success:
            raise SourceError("Could not retrieve token.")
        token: Json = response.json()
        return token

    def _userinfo(self, token: Json) -> Json | None:
        authorization = f"{token['token_type']} {token['access_token']}"
        response = self._http.get(
            self.urls["userinfo_endpoint"], headers={"Authorization": authorization}
        )
        if not response.is_success:
            return None
        profile: Json = response.json()
        return profile

    def _id_token(self, token: Json) -> Json:
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set(self._jwks), ["RS256"])
        if decoded.claims["aud"] != self._key:
            raise SourceError("Could not retrieve profile.")
        return dict(decoded.claims)


def _account(profile: Json) -> Account:
    """4. Read the profile. Each group becomes the key of a dictionary."""
    try:
        dict.fromkeys(profile["groups"])
    except TypeError as error:
        raise ServerError(error) from error
    return Account(
        identifier=profile["sub"],
        username=profile["nickname"] or profile["preferred_username"],
        email=profile.get("email"),
        name=profile.get("name"),
        groups=profile["groups"],
        info=profile,
    )
