"""Who somebody is, what they are called, in which groups they are, and whether they may sign in.

- ``person.py``: a person, as Discord tells of them.
- ``groups/``: how guilds and roles become groups, and what these are called.
- ``policies/``: the conditions of ``[access]``, and what a refused person reads of each.
- ``visible.py``: what people see of a name.
"""
