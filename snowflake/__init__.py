"""Snowflake lets Discord act as a standard OpenID Connect provider.

A login, in the order in which it is read:

1. ``web/routes.py`` lists every path and the endpoint behind it.
2. ``oidc/authorize.py`` checks what the application asks for, seals it into a login note and sends
   the person to Discord.
3. ``oidc/callback.py`` takes the person back from Discord and sends them on to the application with
   a code note, which is our authorization code.
4. ``oidc/token.py`` takes that code, lets the grant type in ``oidc/grants/`` redeem it at Discord
   (``discord/oauth.py``) and mints the tokens (``oidc/tokens/``).
5. ``oidc/userinfo.py`` answers the claims of an access token.

Whoever has a session is spared the way to Discord by ``oidc/single_sign_on.py``;
``web/end_session.py`` signs them out by way of ``state/logout.py``, which has the clients told.

The rooms of the house, each of which knows only those below it:

- ``cli``: the command line, one file a subcommand;
- ``sandbox``: a simulated Discord and provider, an example application, and ``demo``, which wires
  them to Snowflake;
- ``operator``: what helps whoever runs it: doctor, preview, Authentik's blueprint;
- ``web``: wiring, routes, middleware, pages;
- ``configuration``: from environment and file to settings, and what is wrong with either;
- ``oidc`` and ``linked_roles``: the endpoints;
- ``protocol``: what every endpoint begins with;
- ``state``: what a running Snowflake knows: keys, memberships, Discord's tokens, quotas;
- ``people``: who somebody is, their groups, and the policies that let them in;
- ``discord`` and ``upstream``: the only speakers to Discord and to the provider of linked roles;
  ``store``: what outlives a request;
- ``crypto``: keys, sealing, hashes of secrets; ``telemetry``: logs, audit, metrics;
- ``settings``: what an operator may say, and what it means for a client;
- ``expressions``: JMESPath, within bounds, and what an expression looks at;
- ``uris``: redirect URIs, hosts, what may carry a secret; ``outbound``: how a request goes out and
  its answer comes in, within a time and a size; ``concurrency``: what several tasks share;
- ``errors``: everything that can go wrong, in one tree; ``guides``: the documents;
  ``theme``: how every page looks.
"""

__version__ = "0.1.0"
