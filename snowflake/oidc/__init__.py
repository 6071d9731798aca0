"""OpenID Connect, one file an endpoint.

Each endpoint is an async function from request to response. The rest is what endpoints share:
``parameters`` reads what was sent, ``clients`` finds and identifies the client, ``redirects`` holds
the rules for redirect URIs, ``scopes`` says what each scope asks of Discord and which claims it
gives, ``notes`` are what travels, ``browser`` ties a login to a browser, ``pkce`` is RFC 7636,
``issuer`` our own name, ``tokens`` mints and checks.
"""
