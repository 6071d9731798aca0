"""Where Snowflake is reached, and what it serves there."""

from functools import cached_property
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from snowflake.settings.values import BasePath, Domains, Hosts, Issuer
from snowflake.settings.variables.variables import Variables
from snowflake.uris.hosts import HostPatterns, is_loopback, normalise
from snowflake.uris.secure import is_secure

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class AddressVariables(Variables):
    """Where Snowflake is reached, and what it serves there."""

    # Before the issuer, which is compared with it.
    base_path: BasePath = Field(
        default="/",
        validate_default=True,
        description=(
            "URL path at which Snowflake is served, for a reverse proxy that puts it below one. "
            "The proxy may strip the path or pass it on. By default the path of "
            "`SNOWFLAKE_ISSUER`."
        ),
    )
    issuer: Issuer | None = Field(
        default=None,
        description=(
            "The issuer: one URL, without a slash at the end, at which everybody reaches "
            "Snowflake. When not set, it is the origin and base path of each request."
        ),
    )
    allowed_hosts: Hosts = Field(
        default=LOOPBACK,
        description=(
            "Host names at which Snowflake may be reached, separated by commas. Wildcards "
            "(`*.example.com`) and IP addresses are fine; `*` allows every host and is not "
            "recommended. Loopback addresses and the host of `SNOWFLAKE_ISSUER` always count."
        ),
    )
    treat_loopback_as_secure: bool = Field(
        default=True,
        description="Accept plain HTTP on loopback addresses, ours and applications'.",
    )
    root_redirect: Literal["repo", "settings", "docs", "off"] = Field(
        default="repo",
        description=(
            "Where `/` leads: `repo` to Snowflake's repository, `settings` to the person's "
            "Discord account settings, `docs` to `/docs` (and turns them on), `off` to a 404."
        ),
    )
    enable_docs: bool = Field(
        default=False,
        description="Serve interactive API documentation at `/docs` and `/openapi.json`.",
    )
    allowed_webfinger_hosts: Domains = Field(
        default=(),
        description=(
            "Domains whose `acct:` addresses WebFinger answers for, separated by commas. "
            "Wildcards (`*.example.com`) are fine; a bare `*` is not."
        ),
    )

    @field_validator("issuer")
    @classmethod
    def _one_path(cls, issuer: str | None, info: ValidationInfo) -> str | None:
        """Refuse an issuer whose path is not the one at which Snowflake is served."""
        base_path = info.data.get("base_path")
        if issuer and base_path and urlsplit(issuer).path != base_path:
            raise ValueError("must have the path of SNOWFLAKE_BASE_PATH")
        return issuer

    @property
    def path(self) -> str:
        """The path at which Snowflake is served: the base path, else the issuer's; or nothing."""
        return self.base_path or urlsplit(self.issuer or "").path

    @property
    def docs(self) -> bool:
        """Whether the API documentation is served."""
        return self.enable_docs or self.root_redirect == "docs"

    @cached_property
    def _hosts(self) -> HostPatterns:
        own = [normalise(urlsplit(self.issuer).hostname or "")] if self.issuer else []
        return HostPatterns.of((*self.allowed_hosts, *own))

    @property
    def has_open_hosts(self) -> bool:
        """Whether Snowflake answers by names that nobody has named one by one."""
        return self._hosts.everything or bool(self._hosts.suffixes)

    def serves(self, host: str) -> bool:
        """Whether Snowflake answers at a host: an allowed one, the issuer's, the machine's own."""
        return self._hosts.match(host) or is_loopback(host)

    def is_secure(self, scheme: str, host: str) -> bool:
        """Whether a URL may carry a login: HTTPS, or HTTP that stays on the machine."""
        return is_secure(scheme, host, loopback=self.treat_loopback_as_secure)

    @cached_property
    def webfinger_hosts(self) -> HostPatterns:
        """Every domain for which WebFinger answers."""
        return HostPatterns.of(self.allowed_webfinger_hosts)
