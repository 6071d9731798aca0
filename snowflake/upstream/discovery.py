"""What the provider says of itself (OpenID Connect Discovery 1.0, section 4)."""

from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo

from snowflake.errors import UpstreamMisconfigured
from snowflake.upstream.algorithms import HASHES
from snowflake.upstream.neighbourhood import near
from snowflake.uris.secure import is_secure

PATH: Final = "/.well-known/openid-configuration"


def _check_endpoint(url: str, info: ValidationInfo) -> str:
    """Refuse an endpoint to which no secret may go.

    A provider elsewhere must not have us ask what listens on this machine or its link (see
    ``neighbourhood``). Only one that runs on this machine, near which the context says that the
    issuer is, may be reached over plain HTTP.
    """
    parts = urlsplit(url)
    host, _ = parts.hostname or "", parts.port
    nearness = near(host)
    if nearness is not None and nearness != info.context:
        raise ValueError("is near, where the issuer is not")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("holds characters that no URL may hold")
    if not is_secure(parts.scheme, host) or not host or "@" in parts.netloc or parts.fragment:
        raise ValueError("is not a plain HTTPS URL")
    return url


Endpoint = Annotated[str, AfterValidator(_check_endpoint)]


class Issuer(BaseModel):
    """Who signs, and where its keys are: all that an issuer of workloads' tokens says of itself."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    jwks_uri: Endpoint


class Provider(Issuer):
    """The parts of a provider's discovery document that are used here (section 3)."""

    authorization_endpoint: Endpoint
    token_endpoint: Endpoint
    userinfo_endpoint: Endpoint | None = None
    revocation_endpoint: Endpoint | None = None
    pushed_authorization_request_endpoint: Endpoint | None = None
    id_token_signing_alg_values_supported: tuple[str, ...]
    scopes_supported: tuple[str, ...] | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    @property
    def algorithms(self) -> frozenset[str]:
        """The algorithms by which its ID tokens may be signed."""
        return frozenset(HASHES).intersection(self.id_token_signing_alg_values_supported)


Kind = TypeVar("Kind", bound=Issuer)


def document_url(issuer: str) -> str:
    """Where the document of an issuer is (section 4.1)."""
    return issuer.removesuffix("/") + PATH


def read_document(document: dict[str, Any], issuer: str) -> Provider:
    """Check a discovery document (section 4.3) and answer what is used of it.

    Raises:
        UpstreamMisconfigured: it is another issuer's, or Snowflake cannot work with it.
    """
    provider = _checked(Provider, document, issuer)
    if not provider.algorithms:
        raise UpstreamMisconfigured(
            "discovery",
            "ID tokens are signed with no asymmetric algorithm; give the provider a signing key",
        )
    return provider


def read_issuer(document: dict[str, Any], issuer: str) -> Issuer:
    """Check the discovery document of somebody of whom nothing but the keys is used.

    Raises:
        UpstreamMisconfigured: it is another issuer's, or names no place for keys.
    """
    return _checked(Issuer, document, issuer)


def _checked(kind: type[Kind], document: dict[str, Any], issuer: str) -> Kind:
    try:
        found = kind.model_validate(document, context=near(urlsplit(issuer).hostname or ""))
    except ValidationError as error:
        names = sorted({str(fault["loc"][0]) for fault in error.errors()})
        raise UpstreamMisconfigured("discovery", f"unusable {', '.join(names)}") from None
    if found.issuer != issuer:
        raise UpstreamMisconfigured(
            "discovery",
            f"the provider calls itself {found.issuer[:200]!r}; the issuer has to be "
            "the same, the slash at its end included",
        )
    return found
