"""Everything to try Snowflake without a network: what it speaks to, and who speaks to it.

::

    browser → example/  "Sign in with Discord"
            → Snowflake's /authorize
            → discord/  choose a person, allow or refuse
            → Snowflake's callback
            → example/  shows each step and the claims that came out

:mod:`~snowflake.sandbox.upstream` is the OpenID provider of linked roles. It and Discord are each a
:mod:`~snowflake.sandbox.simulation`, which records requests, lets planned failures happen
(``failures``, ``faults``) and passes on the rest.
:mod:`~snowflake.sandbox.serving` runs any of them on a port of its own, in a thread;
:mod:`~snowflake.sandbox.check` signs in at the example application without a browser.
"""
