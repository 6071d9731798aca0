"""A client of an OpenID provider, the upstream of linked roles; it knows nothing of Discord.

A call goes through these files in this order:

``client``       makes it: the way there, the code, the refresh token, the end
``discovery``    what the provider says of itself, kept for a while
``credentials``  by which the provider knows the client
``authorization``  where the browser is sent, with which request
``calls``        one request, within a time and a size (``bounds``)
``neighbourhood``  and to nobody who is near, unless the provider is
``reading``      its answer, or the error that it is
``id_token``     verified (``signatures``), with the provider's keys (``jwks``)
``narrowing``    whether the person has allowed all of it
``answer``       what comes of it all

The errors are those of :class:`~snowflake.errors.UpstreamError`. Each has the step at which it
happened, and a cause for the log, made of our own words, statuses and the codes of OAuth's errors:
never of what was sent.
"""
