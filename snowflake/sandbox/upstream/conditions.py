"""Conditions for linked roles that tell the people of the simulated provider apart.

They are written as in the ``[[linked_roles.metadata]]`` of a ``snowflake.toml``.
"""

from typing import Final

CONDITIONS: Final = (
    {
        "key": "member",
        "name": "Member",
        "description": "Is a member of the society",
        "type": "boolean_equal",
        "value": "contains(groups, 'members')",
    },
    {
        "key": "owes_fees",
        "name": "Owes fees",
        "description": "Has not paid this year's fees",
        "type": "boolean_not_equal",
        "value": "society.fees_paid == `false`",
    },
    {
        "key": "events",
        "name": "Events",
        "description": "How many events they came to, at least",
        "type": "integer_greater_than_or_equal",
        "value": "events_attended",
    },
    {
        "key": "member_since",
        "name": "Member since",
        "description": "How many days ago they joined, at least",
        "type": "datetime_less_than_or_equal",
        "value": "member_since",
    },
    {
        "key": "joined",
        "name": "Joined",
        "description": "How many days ago they joined, at most",
        "type": "datetime_greater_than_or_equal",
        "value": "member_since",
    },
)
