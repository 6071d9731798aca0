"""Linked roles: what Discord may demand for a role and only an upstream OpenID provider knows.

``values`` turns what the provider says of a person into what Discord compares, ``schema`` is what
Discord knows of the conditions.
"""
