"""The scopes that the simulated Discord knows, in the words of its consent page."""

SCOPES = {
    "identify": "See who you are: your username, display name, picture and banner",
    "email": "See your email address",
    "guilds": "See which guilds you are in",
    "guilds.members.read": "See your nickname and roles in your guilds",
    "role_connections.write": "Tell Discord what you have linked, for linked roles",
}
"""Scope → what it lets an application do."""
