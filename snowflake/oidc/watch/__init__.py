"""Gates that look again: who may not sign in any more loses what they have, within ``watch``.

``rounds``       one process at a time, in the background: whose turn it is, the oldest first
``pace``         how fast, so that Discord's limits hold and logins come first
``second_look``  one person, as the bot sees them: which clients would not let them in

Nothing ends but by a certain answer. An outage, a limit, a guild without the bot, an odd answer
only put off what the next refresh finds out in any case.
"""
