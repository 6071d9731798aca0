"""Redirect URIs that lead into an app: private-use schemes (RFC 8252, section 7.1).

A browser hands such a URI, with the code in it, to the app that has claimed its scheme. So the
scheme has to be an app's own. There is no list of all schemes of all browsers and systems, so that
this is asked, the first of which already refuses most of what is dangerous:

1. **A slash follows the colon**, as in ``com.example.app:/cb`` and ``app.immich:///cb``. Schemes
   that take no hierarchy fail here, known or not (``javascript:…``, ``data:…``, ``mailto:…``,
   ``urn:…``), and so does a host without its scheme, ``localhost:8080/cb``.
2. **The scheme has two characters or more** and no capital letters. One letter is a drive
   (``c:/…``), and browsers write the scheme in lower case before the app sees it.
3. **It is of no family** that browsers and systems keep for themselves (``ms-…``, ``chrome-…``), or
   that any web site may claim (``web+…``), which would then get the code.
4. **It is not one of those below**, which are not an app's own: the browser runs, shows or fetches
   what they lead to, or a program of the system acts on it.

RFC 8252 wants a domain name in reverse, since nobody else has a reason to claim that. Apps that
people use do otherwise (``oc``, ``audiobookshelf``), so the period is recommended and not demanded.
What is left is the risk of all such schemes: another app on the same device claims the same one. It
then holds a code that is of no use without the secret, or, for a public client, the PKCE verifier.
"""

import re
from typing import Final

from snowflake.uris.checks import check_authority, check_characters, check_path, check_query

EXAMPLE: Final = "com.example.app:/callback"
_URI: Final = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]+):(?=/)"
    r"(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]+))?"
)
_WEB: Final = ("http", "https")
_FAMILIES: Final = (
    *("android-", "chrome-", "ext+", "itms", "microsoft", "moz-", "ms-", "safari-", "search-"),
    *("view-", "web+", "webkit-", "x-apple"),
)
#: What the browser itself runs, shows, or fetches in a way of its own.
_OF_BROWSERS: Final = (
    "about blob brave chrome cid data devtools edge feed filesystem firefox jar javascript "
    "livescript mhtml mid mk mocha moz opera pcast res resource vbscript vivaldi wyciwyg"
)
#: What is fetched from a file or a server, by whatever program does that here.
_OF_NETWORKS: Final = (
    "afp cifs dav davs dns file fish ftp ftps git gopher imap imaps irc ircs ldap ldaps nfs news "
    "nntp pop rdp rlogin rsync rtmp rtsp scp sftp sip sips smb ssh stun svn telnet tftp turn vnc "
    "ws wss xmpp"
)
#: What a program of the operating system acts upon, or hands to one that nobody can foresee.
_OF_SYSTEMS: Final = (
    "app-prefs applescript bluetooth callto content facetime facetime-audio geo hcp help intent "
    "magnet mailto maps market mms openid otpauth package prefs settings shell shortcuts sms smsto "
    "tag tel urn wallet webcal workflow wtai"
)
_REFUSED: Final = frozenset(f"{_OF_BROWSERS} {_OF_NETWORKS} {_OF_SYSTEMS}".split())


def is_private_use(uri: str) -> bool:
    """Whether a URI that may be registered leads into an app, and not to the web."""
    return uri.partition(":")[0] not in _WEB


def check_private_use(uri: str) -> None:
    """Pass, if a URI may be registered for an app.

    Raises:
        ValueError: its scheme is not an app's own, or it would not reach the app as it is.
    """
    parts = _URI.fullmatch(uri)
    if parts is None:
        raise ValueError(
            "must be https://, http:// on a loopback address, or in an app's own scheme, "
            f"with a slash, as in {EXAMPLE}; in plain form and without a fragment"
        )
    scheme = parts["scheme"]
    if scheme in _REFUSED or scheme.startswith(_FAMILIES):
        raise ValueError(f"is in the scheme {scheme}, which is no app's own, as com.example.app is")
    check_characters(uri)
    if parts["authority"]:
        check_authority(parts["authority"])
    check_path(parts["path"])
    check_query(parts["query"] or "")
