"""Snowflake lets Discord act as a standard OpenID Connect provider.

A login, in the order in which it is read:

1. ``web/routes.py`` lists every path and the endpoint behind it.
2. ``oidc/authorize.py`` checks what the application asks for, seals it into a login note and sends
   the person to Discord.
3. ``oidc/callback.py`` takes the person back from Discord and sends them on to the application with
   a code note, which is our authorization code.
4. ``oidc/token.py`` takes that code, lets the grant type in ``oidc/grants/`` redeem it at Discord
   (``discord/client.py``) and mints the tokens (``oidc/tokens.py``).
5. ``oidc/userinfo.py`` answers the claims of an access token.

What every request has stands in ``state.py``; what may go wrong in ``errors.py``; what may be
configured in ``settings.py``.
"""

__version__ = "0.1.0"
