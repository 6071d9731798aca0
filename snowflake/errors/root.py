"""The root of the tree of errors."""


class SnowflakeError(Exception):
    """The root of the tree."""
