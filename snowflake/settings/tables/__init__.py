"""The tables of ``snowflake.toml``: what stands in each, and what is checked of it.

One file a table: ``groups`` for ``[groups]``, ``access`` for ``[access]``, ``clients`` for
``[[clients]]``, which may hold the other two for itself, ``linked_roles`` for ``[linked_roles]``.
"""
