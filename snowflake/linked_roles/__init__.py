"""Linked roles: what Discord may demand for a role and only an upstream OpenID provider knows.

A person walks through these files in this order:

``start``       ``/linked-role``: to Discord, with one of the ``notes`` that are bound to a browser
``discord``     back from there, and on to the upstream provider
``upstream``    back from there: linked. ``words`` says what Discord knows of them now
``unlink``      by way of Discord again, and not without being asked

``connecting`` is what begins by that, and ``disconnecting`` what is taken back. ``alone`` lets one
at a time do so to a person, ``telling`` tells Discord, and ``values`` turns what the provider says
of a person into what Discord compares. ``failures`` makes pages of what goes wrong.

``sync`` keeps one link true and ``background`` all of them, ``hook`` by the upstream provider's
word and ``events`` by Discord's. ``schema`` is what Discord knows of the conditions, ``register``
tells it. ``own`` is the configuration, ``paths`` where everything is, ``bounds`` how long
things may be.
"""
