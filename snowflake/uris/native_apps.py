"""What whoever registers a redirect URI of a program or an app on a person's device has to know."""

from snowflake.uris.private_use import is_private_use
from snowflake.uris.registered import is_any_port
from snowflake.uris.regular_expressions import PATTERN


def remark(uri: str) -> str | None:
    """Answer how far a registered URI leads; None for one that leads to a web site."""
    if uri.startswith(PATTERN):
        return None
    if is_any_port(uri):
        return f"{uri} counts with any port"
    if not is_private_use(uri):
        return None
    scheme = uri.partition(":")[0]
    leads = f"{uri} leads into whichever app on a person's device has claimed {scheme}"
    if "." in scheme:
        return leads
    # RFC 8252, section 7.1.
    return f"{leads}; if the app is yours, a domain name in reverse is less likely claimed twice"
