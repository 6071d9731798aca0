"""The API server of Kubernetes as an issuer: ``python -m tests.clients.kubernetes PATH``.

Its module cannot be installed by name, and to build it takes minutes: download the module
``k8s.io/kubernetes``, let its ``go.mod`` require the published modules of the same release in place
of its ``replace`` lines, run ``go build ./cmd/kube-apiserver``, and give the path of the program.
Debian's ``etcd-server`` has to be there. What was tried is printed.
"""

import json
import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import certifi
import httpx
import yaml

from snowflake.oidc.client_assertion import ASSERTION_TYPE
from tests.guides.documents import blocks
from tests.journeys.test_federation import claims_of, run
from tests.journeys.world import World, world
from tests.public_keys import RSA, pem
from tests.serving import free_port, program, running
from tests.tls import authority

TOKEN: Final = "a-token-of-an-administrator"
OURS: Final = "https://snowflake.example.com"
CORE: Final = "/api/v1/namespaces/ci"
BINDINGS: Final = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


@contextmanager
def cluster(path: str, directory: Path) -> Iterator[httpx.Client]:
    """Run an API server with its store until the block ends; answer what an administrator asks."""
    client_port, peer_port, port = free_port(), free_port(), free_port()
    origin, store = f"https://localhost:{port}", f"http://127.0.0.1:{client_port}"
    certificate = authority().issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(directory / "tls.key")
    for part in certificate.cert_chain_pems:
        part.write_to_path(directory / "tls.crt", append=True)
    (directory / "accounts.key").write_text(pem(RSA, private=True))
    (directory / "tokens.csv").write_text(f"{TOKEN},admin,admin,system:masters\n")
    etcd = [
        *(program("etcd"), "--data-dir", str(directory / "etcd")),
        *("--listen-client-urls", store, "--advertise-client-urls", store),
        *("--listen-peer-urls", f"http://127.0.0.1:{peer_port}"),
    ]
    server = [
        path,
        f"--etcd-servers={store}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        f"--tls-cert-file={directory / 'tls.crt'}",
        f"--tls-private-key-file={directory / 'tls.key'}",
        f"--service-account-issuer={origin}",
        f"--service-account-jwks-uri={origin}/openid/v1/jwks",
        f"--service-account-signing-key-file={directory / 'accounts.key'}",
        f"--service-account-key-file={directory / 'accounts.key'}",
        f"--token-auth-file={directory / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",
    ]
    trusted = ssl.create_default_context()
    authority().configure_trust(trusted)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with ExitStack() as stack:
        stack.enter_context(running(etcd, directory / "etcd.log"))
        started = stack.enter_context(running(server, directory / "apiserver.log"))
        http = httpx.Client(base_url=origin, verify=trusted, headers=headers, trust_env=False)
        stack.enter_context(http)
        started.wait_until(lambda: _is_ready(http))
        yield http


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").is_success
    except httpx.HTTPError:
        return False


def projected(http: httpx.Client, *audiences: str, account: str = "runner") -> str:
    """Answer a token of a service account, as the kubelet has it made for a projected volume."""
    spec = {"audiences": audiences, "expirationSeconds": 600}
    answer = http.post(f"{CORE}/serviceaccounts/{account}/token", json={"spec": spec})
    token: str = answer.raise_for_status().json()["status"]["token"]
    return token


def in_guide() -> dict[str, Any]:
    """Answer the documents of the guide, by their kind."""
    [block] = [block for block in blocks("yaml") if "serviceAccountToken" in block.text]
    return {document["kind"]: document for document in yaml.safe_load_all(block.text)}


def asks(made: World, token: str, *, as_secret: bool = False) -> str:
    """Answer what a client hears that shows a token."""
    proof = {"client_assertion": token, "client_assertion_type": ASSERTION_TYPE}
    form = {"token": "x", "client_id": "runner"}
    form |= {"client_secret": token} if as_secret else proof
    answer = made.http.post(f"{made.snowflake.origin}/introspect", data=form)
    return f"{answer.status_code} {answer.json().get('error', 'accepted')}"


def try_cluster(http: httpx.Client, made: World, directory: Path) -> Iterator[str]:
    """Answer what works, one sentence a thing; the first that does not is an exception."""
    documents = in_guide()
    for kind, path in (("ServiceAccount", "serviceaccounts"), ("Pod", "pods")):
        http.post(f"{CORE}/{path}", json=documents[kind]).raise_for_status()
    yield "The guide's service account and its pod are taken."
    ours = projected(http, OURS)
    assert asks(made, ours) == "503 temporarily_unavailable"
    yield "Before its keys may be read by everybody: temporarily_unavailable."
    http.post(BINDINGS, json=documents["ClusterRoleBinding"]).raise_for_status()
    made.snowflake.wait_until(lambda: asks(made, ours) == "200 accepted")
    assert asks(made, ours) == asks(made, ours, as_secret=True) == "200 accepted"
    yield "A token of the service account, as an assertion and as a secret, twice: accepted."
    (directory / "token").write_text(ours)
    [script] = documents["Pod"]["spec"]["containers"][0]["args"]
    place = {"ISSUER": made.snowflake.origin, "TOKEN_FILE": str(directory / "token")}
    subject = claims_of(json.loads(run(script, "sh", directory, **place))["access_token"])["sub"]
    yield f"The pod's command, outside of it: an access token of {subject}."
    keys = http.get("/openid/v1/jwks", headers={"Accept": "application/json"})
    yield f"Whoever asks for its keys as plain JSON hears {keys.status_code}; Snowflake does not."
    assert asks(made, projected(http, "https://kubernetes.default.svc", OURS)) == "200 accepted"
    yield "A token for Kubernetes too: accepted."
    for audiences, account in ((("vault",), "runner"), ((), "runner"), ((OURS,), "other")):
        told = asks(made, projected(http, *audiences, account=account))
        assert told == "401 invalid_client"
    yield "Of another audience, of none in particular, of another account: invalid_client."


def main(path: str) -> None:
    """Try a cluster as an issuer."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        directory = Path(name)
        http = stack.enter_context(cluster(path, directory))
        sys.stdout.write(f"Kubernetes {http.get('/version').json()['gitVersion']}\n")
        http.post("/api/v1/namespaces", json={"metadata": {"name": "ci"}}).raise_for_status()
        other = {"metadata": {"name": "other"}}
        http.post(f"{CORE}/serviceaccounts", json=other).raise_for_status()
        bundle = directory / "bundle.pem"
        bundle.write_bytes(Path(certifi.where()).read_bytes() + authority().cert_pem.bytes())
        stack.enter_context(patch.dict(os.environ, {"SSL_CERT_FILE": str(bundle)}))
        file = f"""
issuer = "{OURS}"

[[clients]]
id = "runner"
grant_types = ["client_credentials"]

[[clients.trusts]]
issuer = "{str(http.base_url).rstrip("/")}"
subject = "system:serviceaccount:ci:runner"
claims = '"kubernetes.io".namespace == `"ci"`'
"""
        made = stack.enter_context(world(directory, file=file))
        for sentence in try_cluster(http, made, directory):
            sys.stdout.write(f"  {sentence}\n")


if __name__ == "__main__":
    main(sys.argv[1])
