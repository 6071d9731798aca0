"""How long a request may be, and each thing in it: in characters, where nothing else is said.

What the configuration may say of a client is bounded where it is checked, at the start; the
endpoints take just that, so that none refuses what the configuration has let pass.
"""

from typing import Final

from snowflake.crypto.keys import MAX_TOKEN
from snowflake.settings.tables.clients.credentials import MAX_CLIENT_ID, MAX_CLIENT_SECRET
from snowflake.uris.checks import MAX_REDIRECT_URI

__all__ = [
    "MAX_ASSERTION",
    "MAX_BODY",
    "MAX_CLAIMS",
    "MAX_CLIENT_ID",
    "MAX_CLIENT_SECRET",
    "MAX_CODE",
    "MAX_DEVICE_CODE",
    "MAX_DISCORD_CODE",
    "MAX_FORM",
    "MAX_GRANT_TYPE",
    "MAX_LOGIN_HINT",
    "MAX_NONCE",
    "MAX_PARAMETERS",
    "MAX_QUERY",
    "MAX_REDIRECT_URI",
    "MAX_REFERRER",
    "MAX_REFRESH_TOKEN",
    "MAX_RESOURCE",
    "MAX_SCOPE",
    "MAX_STATE",
    "MAX_TOKEN",
    "MAX_USER_AGENT",
    "MAX_USER_CODE",
]

#: Bytes of a body, unless it may hold a token. A state of 2 KB has at most 6 KB percent-encoded.
MAX_BODY: Final = 32_768
#: Those of a form that may hold a token of ours, of whichever kind.
MAX_FORM: Final = MAX_BODY + MAX_TOKEN
#: Bytes of a query string: what servers take of all headers together.
MAX_QUERY: Final = 65_536
MAX_PARAMETERS: Final = 100

#: At the authorization endpoint; applications send up to 2,048 of state and 128 of nonce.
MAX_SCOPE: Final = 2048
MAX_STATE: Final = 4096
MAX_NONCE: Final = 1024
#: An address of mail (RFC 5321, section 4.5.3.1) is the longest that anybody hints.
MAX_LOGIN_HINT: Final = 320
MAX_REFERRER: Final = 2048
#: The claims that are asked for one by one.
MAX_CLAIMS: Final = 8192

#: At the token endpoint. Our codes are sealed notes, as long as what they hold.
MAX_GRANT_TYPE: Final = 128
MAX_CODE: Final = MAX_BODY
MAX_REFRESH_TOKEN: Final = 512
MAX_DEVICE_CODE: Final = 512
#: A JWT by which a client proves who it is.
MAX_ASSERTION: Final = 16_384

#: At the device authorization endpoint: what is kept of a user agent, to be shown to a person; and
#: what somebody types of a user code, blanks and all.
MAX_USER_AGENT: Final = 200
MAX_USER_CODE: Final = 64

#: What Discord sends people back with. Its codes have 30.
MAX_DISCORD_CODE: Final = 512

#: What WebFinger is asked about.
MAX_RESOURCE: Final = 1024
