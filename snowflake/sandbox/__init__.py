"""Everything to try Snowflake without a network: a simulated Discord and an example application.

::

    browser → example/  "Sign in with Discord"
            → Snowflake's /authorize
            → discord/  choose a person, allow or refuse
            → Snowflake's callback
            → example/  shows each step and the claims that came out

:mod:`~snowflake.sandbox.serving` runs either of them on a port of its own, in a thread;
:mod:`~snowflake.sandbox.check` signs in through both without a browser.
"""
