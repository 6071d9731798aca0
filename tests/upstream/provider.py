"""An OpenID provider as respx answers it."""

import warnings
from typing import Any

import httpx
import respx
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key
from pydantic import SecretStr

from snowflake.upstream.client import Upstream
from tests.running import NOW

# As Authentik has it: a path, and a slash at the end.
ISSUER = "https://id.example.com/application/o/snowflake/"
CLIENT_ID = "linked-roles"
SECRET = SecretStr("upstream-client-secret")
SUBJECT = "9f1c-ada"
NONCE = "the-nonce"
REDIRECT_URI = "https://snowflake.example.com/linked-role/upstream"
# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
KEY = ECKey.generate_key("P-256", {"kid": "first"})
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://id.example.com/authorize/",
    "token_endpoint": "https://id.example.com/token/",
    "jwks_uri": "https://id.example.com/jwks/",
    "userinfo_endpoint": "https://id.example.com/userinfo/",
    "revocation_endpoint": "https://id.example.com/revoke/",
    "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": SUBJECT,
    "aud": CLIENT_ID,
    "iat": NOW,
    "exp": NOW + 300,
    "nonce": NONCE,
    "preferred_username": "ada",
}
USERINFO: dict[str, Any] = {"sub": SUBJECT, "preferred_username": "ada.l", "groups": ["members"]}
TOKENS: dict[str, Any] = {
    "access_token": "upstream-access-token",
    "token_type": "bearer",
    "expires_in": 300,
    "refresh_token": "upstream-refresh-token",
    "scope": "openid profile offline_access",
}
SECRETS = [SECRET.get_secret_value(), TOKENS["access_token"], TOKENS["refresh_token"], "the-code"]


def signed(claims: dict[str, Any], key: Key = KEY, algorithm: str = "ES256", **header: Any) -> str:
    """Make an ID token. A header that is None is left out."""
    headers = {"alg": algorithm, "kid": key.kid, **header}
    headers = {name: value for name, value in headers.items() if value is not None}
    with warnings.catch_warnings():
        # Of EdDSA, by its old name.
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(headers, claims, key, [algorithm])


class Provider:
    """The calls that a client makes, answered well unless a test says otherwise."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.router = router
        self.discovery = router.get(f"{ISSUER}.well-known/openid-configuration")
        self.jwks = router.get(DOCUMENT["jwks_uri"])
        self.token = router.post(DOCUMENT["token_endpoint"])
        self.userinfo = router.get(DOCUMENT["userinfo_endpoint"]).respond(json=USERINFO)
        self.par = router.post("https://id.example.com/par/")
        self.revocation = router.post(DOCUMENT["revocation_endpoint"]).respond(200)
        self.says()
        self.publishes(KEY)
        self.gives()

    def says(self, **changes: object) -> None:
        """Change the discovery document; None leaves something out."""
        document = {**DOCUMENT, **changes}
        left = {name: value for name, value in document.items() if value is not None}
        self.discovery.respond(json=left)

    def publishes(self, *keys: Key, **changes: object) -> None:
        """Change what is at the JWKS URI."""
        published = [{**key.as_dict(private=False), **changes} for key in keys]
        self.jwks.respond(json={"keys": published})

    def gives(self, **changes: object) -> None:
        """Change the answer of the token endpoint; None leaves something out."""
        answer = {**TOKENS, "id_token": signed(CLAIMS), **changes}
        left = {name: value for name, value in answer.items() if value is not None}
        self.token.respond(json=left)

    @property
    def form(self) -> dict[str, str]:
        """What the token endpoint was sent last."""
        return dict(httpx.QueryParams(self.token.calls.last.request.content.decode()))


async def redeem(upstream: Upstream, *, pushed: bool = False) -> Any:
    return await upstream.redeem("the-code", REDIRECT_URI, VERIFIER, NONCE, pushed=pushed)


def the_state(pushed: bool) -> str:
    return "pushed" if pushed else "the state"


class Saved:
    """Keeps the refresh tokens that are to be saved."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    async def __call__(self, refresh_token: SecretStr) -> None:
        self.tokens.append(refresh_token.get_secret_value())
