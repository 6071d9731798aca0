"""The way out: by which proxy and with whose certificates others are reached, and why they are not.

Discord and the provider of linked roles are reached in the same way.
"""
