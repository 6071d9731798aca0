"""Issuers of tokens for machines, and what their tokens say, by the documents of each.

``python -m tests.workloads PORT`` serves one by itself, which does as it is told at ``/told``.
"""

import json
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

import uvicorn
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.public_keys import EC, RSA

Json = dict[str, Any]
DISCOVERY: Final = "/.well-known/openid-configuration"
JWKS: Final = "/keys"
#: What a job shows to get a token, and where it does.
JOB: Final = "a-token-of-the-job"
REQUEST: Final = "/job?api-version=2.0"
UUID: Final = "0e2f2e0e-2b1c-4d52-9f0a-5a3f5d1d7c11"

#: GitHub Actions: a job of a workflow. Times are seconds from now.
GITHUB: Final[Mapping[str, Any]] = {
    "jti": "6a2d3c6e-7d8f-4f6b-9a43-1f9c9d0a6b52",
    "sub": "repo:octo-org/octo-repo:environment:prod",
    "environment": "prod",
    "ref": "refs/heads/main",
    "sha": "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d",
    "repository": "octo-org/octo-repo",
    "repository_owner": "octo-org",
    "actor_id": "12",
    "repository_visibility": "private",
    "repository_id": "74",
    "repository_owner_id": "65",
    "run_id": "9134567890",
    "run_number": "10",
    "run_attempt": "2",
    "runner_environment": "github-hosted",
    "actor": "octocat",
    "workflow": "deploy",
    "head_ref": "",
    "base_ref": "",
    "event_name": "workflow_dispatch",
    "ref_type": "branch",
    "job_workflow_ref": "octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main",
    "nbf": -600,
    "exp": 300,
    "iat": 0,
}
#: Kubernetes: a projected token of a service account. ``aud`` is always a list, ``typ`` is absent.
KUBERNETES: Final[Mapping[str, Any]] = {
    "exp": 600,
    "iat": 0,
    "nbf": 0,
    "jti": UUID,
    "kubernetes.io": {
        "namespace": "ci",
        "node": {"name": "node-1", "uid": UUID},
        "pod": {"name": "runner-69dbb6d9b5-bxz8j", "uid": UUID},
        "serviceaccount": {"name": "runner", "uid": UUID},
    },
    "sub": "system:serviceaccount:ci:runner",
}
#: GitLab: a job's ``id_tokens``.
GITLAB: Final[Mapping[str, Any]] = {
    "namespace_id": "72",
    "namespace_path": "my-group",
    "project_id": "20",
    "project_path": "my-group/my-project",
    "user_id": "1",
    "user_login": "sample-user",
    "user_email": "sample-user@example.com",
    "pipeline_id": "574",
    "pipeline_source": "push",
    "job_id": "302",
    "ref": "main",
    "ref_type": "branch",
    "ref_path": "refs/heads/main",
    "ref_protected": "true",
    "runner_id": 1,
    "runner_environment": "self-hosted",
    "sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
    "project_visibility": "public",
    "ci_config_ref_uri": "gitlab.example.com/my-group/my-project//.gitlab-ci.yml@refs/heads/main",
    "ci_config_sha": "714a629c0b401fdce83e847fc9589983fc6f46bc",
    "jti": "235b3a54-b797-45c7-ae9a-f72d7bc6ef5b",
    "iat": 0,
    "nbf": -5,
    "exp": 3600,
    "sub": "project_path:my-group/my-project:ref_type:branch:ref:main",
}
#: Authentik: an access token of a service account, whose ``aud`` is the provider's client ID.
AUTHENTIK: Final[Mapping[str, Any]] = {
    "sub": "91e1f7a9f4a3d1c6a3ab7f0ae6ae6f0d3f7b5c2a61dbd8e2c3c7c6f1f9f7d5a1",
    "exp": 300,
    "iat": 0,
    "auth_time": 0,
    "acr": "goauthentik.io/providers/oauth2/default",
    "azp": "ci",
    "uid": "tNEzfTBJ9iUl3JkZgJVbXQVm3Ne3iJ2rT9pKx9aK",
    "scope": "openid profile",
    "preferred_username": "ci-service-account",
}
#: Keycloak: an access token of the client credentials grant; other audiences are usual.
KEYCLOAK: Final[Mapping[str, Any]] = {
    "exp": 300,
    "iat": 0,
    "jti": f"trrtcc:{UUID}",
    "sub": UUID,
    "typ": "Bearer",
    "azp": "ci",
    "acr": "1",
    "realm_access": {"roles": ["offline_access", "uma_authorization", "default-roles-work"]},
    "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
    "scope": "profile email",
    "clientHost": "172.18.0.1",
    "email_verified": False,
    "preferred_username": "service-account-ci",
    "clientAddress": "172.18.0.1",
    "client_id": "ci",
}
_TIMES: Final = ("exp", "iat", "nbf", "auth_time")


class Issuer:
    """An issuer that serves what a test has it serve; ``now`` is the time by which it signs."""

    def __init__(self, url: str = "", now: float = 0) -> None:
        self.url, self.now = url, now
        self.keys: Sequence[RSAKey | ECKey | OKPKey] = [RSA, EC]
        #: What its answers are, and how often each was asked for.
        self.status, self.document_changes, self.media_type = 200, Json(), "application/json"
        self.documents = self.key_sets = 0
        #: What is said of a job.
        self.said: Mapping[str, Any] = GITHUB
        self.app = Starlette(
            routes=[
                Route(DISCOVERY, self._discovery),
                Route(JWKS, self._jwks),
                Route("/told", self._told, methods=["POST"]),
                Route("/job", self._job),
            ]
        )

    def token(
        self,
        said: Mapping[str, Any],
        key: Key = RSA,
        alg: str = "RS256",
        /,
        *,
        header: Json | None = None,
        **claims: Any,
    ) -> str:
        """Sign claims, with others besides or in place of them. None takes one away."""
        at = {name: said[name] + int(self.now) for name in _TIMES if name in said}
        payload = {"iss": self.url, **said, **at, **claims}
        protected = {"alg": alg, "typ": "JWT", "kid": key.thumbprint(), **(header or {})}
        # Odd headers are written as they are.
        as_they_are = {name: HeaderParameter(name, lambda _: None) for name in protected}
        registry = JWSRegistry(as_they_are, algorithms=[alg])
        content = json.dumps(_without_none(payload)).encode()
        with warnings.catch_warnings():
            # Of the old name of Ed25519, which is what issuers use.
            warnings.simplefilter("ignore", SecurityWarning)
            return jws.serialize_compact(_without_none(protected), content, key, registry=registry)

    async def _discovery(self, _: Request) -> Response:
        self.documents += 1
        document = {
            "issuer": self.url,
            "jwks_uri": self.url + JWKS,
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return JSONResponse({**document, **self.document_changes}, self.status)

    async def _jwks(self, request: Request) -> Response:
        self.key_sets += 1
        # As the API server of Kubernetes has it.
        if self.media_type not in request.headers["accept"]:
            return Response(status_code=406)
        keys = [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in self.keys]
        return JSONResponse({"keys": keys}, self.status, media_type=self.media_type)

    async def _job(self, request: Request) -> Response:
        """Answer a job's token as GitHub does, for the audience that it asks for."""
        assert request.headers["authorization"] == f"Bearer {JOB}"
        token = self.token(self.said, aud=request.query_params["audience"])
        return JSONResponse({"count": len(token), "value": token})

    async def _told(self, request: Request) -> Response:
        for name, value in (await request.json()).items():
            setattr(self, name, _keys(value) if name == "keys" else value)
        return Response()


def _without_none(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def _keys(values: list[Json]) -> list[RSAKey | ECKey]:
    return [(RSAKey if key["kty"] == "RSA" else ECKey).import_key(key) for key in values]


if __name__ == "__main__":
    served = Issuer(f"http://localhost:{sys.argv[1]}", time.time())
    uvicorn.run(served.app, port=int(sys.argv[1]))
