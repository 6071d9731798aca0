"""``[[clients.trusts]]``: who else may say that somebody is a client."""

import pytest

from snowflake.settings.tables.clients.trusts import TrustTable
from tests.configuration.conftest import APPLICATION, Faults, Load
from tests.configuration.test_loading import CLIENT

ISSUER = 'issuer = "https://snowflake.example.com"\n'
GITHUB = 'issuer = "https://token.actions.githubusercontent.com"'
SUBJECT = 'subject = "repo:my-org/my-app:ref:refs/heads/main"'
KUBERNETES = 'issuer = "https://kubernetes.default.svc"'


def trusting(*lines: str, head: str = "", before: str = ISSUER) -> str:
    return f"{before}{APPLICATION}{CLIENT}{head}\n[[clients.trusts]]\n" + "\n".join(lines)


def test_a_client_with_trusts_needs_no_secret(load: Load) -> None:
    [client] = load(trusting(GITHUB, SUBJECT)).clients
    assert client.method is None
    assert client.trusts == (
        TrustTable(
            issuer="https://token.actions.githubusercontent.com",
            subject="repo:my-org/my-app:ref:refs/heads/main",
        ),
    )


def test_it_may_have_one(load: Load) -> None:
    [client] = load(trusting(GITHUB, SUBJECT, head='secret = "s"')).clients
    assert client.method == "client_secret"


@pytest.mark.parametrize(
    "lines",
    [
        (KUBERNETES, r"subject = 'regex:system:serviceaccount:ci:[a-z-]+'"),
        (KUBERNETES, "claims = '''\"kubernetes.io\".namespace == 'ci' '''"),
        (KUBERNETES, "subject = 'x'", 'jwks_uri = "https://kubernetes.default.svc/openid/v1/jwks"'),
        ('issuer = "https://auth.example.com/application/o/ci/"', "claims = \"azp == 'ci'\""),
        ('issuer = "http://127.0.0.1:8080/realms/ci"', SUBJECT),
        # Everybody of an issuer, for whoever says so.
        (KUBERNETES, "subject = 'regex:.*'"),
    ],
)
def test_what_may_be_said_of_an_issuer(load: Load, lines: tuple[str, ...]) -> None:
    [client] = load(trusting(*lines)).clients
    assert len(client.trusts) == 1


def test_there_may_be_several(load: Load) -> None:
    more = f"\n[[clients.trusts]]\n{KUBERNETES}\nsubject = 'x'"
    [client] = load(trusting(GITHUB, SUBJECT) + more).clients
    assert len(client.trusts) == 2


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ((GITHUB,), "needs subject or claims, or everybody of that issuer is this client"),
        ((SUBJECT,), "issuer: is missing"),
        (('issuer = "https://*.example.com"', SUBJECT), "issuer: must be a URL"),
        (('issuer = "kubernetes/serviceaccount"', SUBJECT), "issuer: must be a URL"),
        (('issuer = "http://id.example.com"', SUBJECT), "issuer: must be https://"),
        (('issuer = "https://id.example.com?a"', SUBJECT), "issuer: must not have a query"),
        ((GITHUB, SUBJECT, 'jwks_uri = "http://a.example/"'), "jwks_uri: must be https://"),
        ((GITHUB, SUBJECT, 'audience = ""'), "audience: "),
        ((GITHUB, 'subject = "repo:my-org/*"'), "holds a *, but is compared to the letter"),
        ((GITHUB, 'subject = "regex:("'), "is no regular expression of RE2"),
        ((GITHUB, "subject = 'regex:(?=x)'"), "is no regular expression of RE2"),
        ((GITHUB, "subject = 'regex:\u00e4'"), "may hold ASCII alone"),
        ((GITHUB, "subject = 'regex:(a{1,500}){1,500}'"), "is no regular expression of RE2"),
        ((GITHUB, 'subject = ""'), "must be one line"),
        ((GITHUB, 'claims = "ref =="'), "is no JMESPath expression"),
        ((GITHUB, 'claims = "matches(ref)"'), "calls matches"),
        ((GITHUB, SUBJECT, 'subjects = "x"'), "subjects: "),
        (
            ('issuer = "https://snowflake.example.com"', SUBJECT),
            "issuer: is Snowflake itself",
        ),
        (
            ('issuer = "https://snowflake.example.com/clients/wiki"', SUBJECT),
            "issuer: is Snowflake itself",
        ),
    ],
    ids=range(19),
)
def test_what_cannot_be_is_told_at_the_start(
    faults: Faults, lines: tuple[str, ...], fault: str
) -> None:
    [told] = faults(trusting(*lines))
    assert "grafana.trusts.0" in told
    assert fault in told


def test_without_an_issuer_of_ours_it_has_to_be_said_for_whom_tokens_are(
    load: Load, faults: Faults
) -> None:
    # Whoever can name a host would else choose the audience.
    [told] = faults(trusting(GITHUB, SUBJECT, before=""))
    assert "audience: is missing" in told
    assert load(trusting(GITHUB, SUBJECT, 'audience = "snowflake"', before="")).clients


def test_a_public_client_has_nothing_to_prove(faults: Faults) -> None:
    [told] = faults(trusting(GITHUB, SUBJECT, head="public = true"))
    assert "is public, and has trusts" in told


@pytest.mark.parametrize(
    "method", ['"client_secret"', '"client_secret_jwt"', '"private_key_jwt"', '"none"']
)
def test_what_it_says_it_proves_itself_by_it_has_to_have(faults: Faults, method: str) -> None:
    [told] = faults(trusting(GITHUB, SUBJECT, head=f"authentication = {method}"))
    assert "clients.grafana" in told


def test_http_on_this_machine_may_be_forbidden(faults: Faults) -> None:
    lines = ('issuer = "http://localhost:1"', 'jwks_uri = "http://localhost:1/k"', SUBJECT)
    before = f"treat_loopback_as_secure = false\n{ISSUER}"
    told = faults(trusting(*lines, before=before))
    assert [line.split(": ")[1] for line in told] == [
        "clients.grafana.trusts.0.issuer",
        "clients.grafana.trusts.0.jwks_uri",
    ]
    proof = 'authentication = "private_key_jwt"\njwks_uri = "http://localhost:1/k"\n'
    [told_of_keys] = faults(f"{before}{APPLICATION}{CLIENT}{proof}")
    assert "jwks_uri: must be https://" in told_of_keys


def machines(**federated: str) -> str:
    """Write machines, each with those that may be it too."""
    return f"{ISSUER}{APPLICATION}" + "".join(
        f'[[clients]]\nid = "{name}"\nsecret = "s"\ngrant_types = ["client_credentials"]\n{more}\n'
        for name, more in federated.items()
    )


def may_be(*names: str) -> str:
    return f"federated_clients = [{', '.join(map(repr, names))}]"


def test_a_client_may_be_another_one_too(load: Load) -> None:
    text = machines(deploy="", test="", release=may_be("deploy", "test"))
    no_secret = text.replace('secret = "s"\ngrant_types = ["client_credentials"]\nfed', "fed")
    [_, _, client] = load(text).clients
    assert client.federated_clients == ("deploy", "test")
    assert load(no_secret.replace("fed", 'grant_types = ["client_credentials"]\nfed')).clients
    # In its own tokens our issuer stands either way.
    ours = 'audience = "https://snowflake.example.com"'
    assert load(machines(deploy=ours, release=may_be("deploy"))).clients


@pytest.mark.parametrize(
    ("clients", "fault"),
    [
        ({"deploy": may_be("deploy")}, "leads back to this client"),
        ({"a": may_be("b"), "b": may_be("c"), "c": may_be("a")}, "leads back to this client"),
        ({"deploy": "", "release": may_be("deplay")}, "is no registered client; is deploy meant?"),
        ({"release": may_be("1056005449054429204")}, "Discord applications get no tokens"),
        ({"release": may_be("x:y")}, "must be up to 256 visible"),
        (
            {"deploy": 'audience = "https://api.example.com"', "release": may_be("deploy")},
            "has an audience, for which its tokens are",
        ),
    ],
    ids=range(6),
)
def test_who_cannot_be_another_one(faults: Faults, clients: dict[str, str], fault: str) -> None:
    told = faults(machines(**clients))
    assert told
    for line in told:
        assert "federated_clients.0: " in line
        assert fault in line


def test_who_gets_no_tokens_for_itself_cannot_be_another_one(faults: Faults) -> None:
    people = f'{CLIENT}secret = "s"\n'
    [told] = faults(machines(release=may_be("grafana")) + people)
    assert "gets no tokens for itself, without client_credentials" in told


def test_of_a_circle_those_are_told_that_are_in_it(faults: Faults) -> None:
    told = faults(machines(a=may_be("b"), b=may_be("a"), c=may_be("a")))
    assert [line.split(": ")[1] for line in told] == [
        "clients.a.federated_clients.0",
        "clients.b.federated_clients.0",
    ]
