"""A scripted OpenID provider: it approves everybody, and does wrong what a test tells it to."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "lighthouse", "correct-horse"
SUB = "189462537114681345"


@dataclass
class Provider:
    """``broken`` is the answer of a route in place of the right one; the rest are the claims."""

    issuer: str
    key: RSAKey
    broken: dict[str, Response] = field(default_factory=dict)
    denial: dict[str, str] | None = None
    id_claims: dict[str, object] = field(default_factory=dict)
    userinfo_claims: dict[str, object] = field(default_factory=dict)
    device: dict[str, object] = field(default_factory=dict)
    documented: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    redeemed: dict[str, str] = field(default_factory=dict)
    tokens_asked: int = 0

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/authorize", self.authorize),
                Route("/device_authorization", self.device_authorization, methods=["POST"]),
                Route("/token", self.token, methods=["POST"]),
                Route("/userinfo", self.userinfo),
                Route("/jwks", self.jwks),
            ]
        )

    async def discovery(self, _: Request) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "device_authorization_endpoint": f"{self.issuer}/device_authorization",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            **self.documented,
        }
        return self.broken.get("discovery") or JSONResponse(document)

    async def authorize(self, request: Request) -> Response:
        self.asked = dict(request.query_params)
        answer = self.denial or {"code": "c" * 40}
        query = urlencode({**answer, "state": self.asked["state"]})
        return RedirectResponse(f"{self.asked['redirect_uri']}?{query}")

    async def device_authorization(self, request: Request) -> Response:
        self.asked = dict(parse_qsl((await request.body()).decode()))
        answer = {
            "device_code": "d" * 40,
            "user_code": "BCDF-GHJK",
            "verification_uri": f"{self.issuer}/device",
            "expires_in": 600,
            **self.device,
        }
        return self.broken.get("device_authorization") or JSONResponse(answer)

    async def token(self, request: Request) -> Response:
        self.tokens_asked += 1
        self.redeemed = dict(parse_qsl((await request.body()).decode()))
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": SUB,
            "iat": now,
            "exp": now + 600,
            # Who asks with no browser sends none.
            **{name: value for name, value in self.asked.items() if name == "nonce"},
            **self.id_claims,
        }
        answer = {
            "access_token": "a" * 40,
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": "r" * 40,
            "id_token": jwt.encode({"alg": "RS256"}, claims, self.key),
        }
        return self.broken.get("token") or JSONResponse(answer)

    async def userinfo(self, _: Request) -> Response:
        claims = {"sub": SUB, "name": "Ada <Lindqvist>", "groups": [], **self.userinfo_claims}
        return self.broken.get("userinfo") or JSONResponse(claims)

    async def jwks(self, _: Request) -> Response:
        keys = {"keys": [self.key.as_dict(private=False)]}
        return self.broken.get("jwks") or JSONResponse(keys)
