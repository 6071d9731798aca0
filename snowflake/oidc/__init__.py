"""OpenID Connect, one file an endpoint.

Each endpoint is an async function from request to response. The rest is what endpoints share:
``clients`` finds the client, ``credentials`` reads what it presents, and ``authentication`` proves
it; ``redirects`` holds the rules for redirect URIs, ``scopes`` says what each scope asks of Discord
and which claims it gives, ``needs`` what a login has to ask for in all, and ``people`` asks it;
``notes`` are what travels, ``exchange`` is about Discord's tokens, ``newcomers`` and ``admission``
are about who comes back from Discord, ``answers`` about what the application hears of it,
``tokens`` mints and checks. ``sessions`` begin, and serve ``single_sign_on``; of their ends clients
hear in the browser (``frontchannel_logout``) and by their servers (``backchannel_logout``).
Devices without a browser begin at ``device_authorization``; ``devices`` is about who lets
one sign in, who comes by as to any application and is then asked at ``web/device``.
"""
