"""By which the provider knows the client (RFC 6749, section 2.3.1)."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote_plus

from pydantic import SecretStr

from snowflake.errors import UpstreamMisconfigured
from snowflake.upstream.calls import Call
from snowflake.upstream.discovery import Provider
from snowflake.upstream.route import Route


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the provider has registered."""

    client_id: str
    client_secret: SecretStr

    def call(self, route: Route, url: str, form: Mapping[str, str], provider: Provider) -> Call:
        """Make a call that says who makes it, in a way that the provider supports.

        Raises:
            UpstreamMisconfigured: it supports no way with a secret.
        """
        methods = provider.token_endpoint_auth_methods_supported
        secret = self.client_secret.get_secret_value()
        encoded = f"{quote_plus(self.client_id)}:{quote_plus(secret)}"
        # Not all providers decode what the header holds, as they should. Where it makes a
        # difference, the body is the safer place.
        is_plain = encoded == f"{self.client_id}:{secret}"
        if "client_secret_post" in methods and not (is_plain and "client_secret_basic" in methods):
            return Call(route, url, {**form, "client_id": self.client_id, "client_secret": secret})
        if "client_secret_basic" in methods:
            basic = b64encode(encoded.encode()).decode()
            return Call(route, url, form, {"Authorization": f"Basic {basic}"})
        raise UpstreamMisconfigured("discovery", "no way to authenticate with a client secret")
