"""Keys and secrets: the key that signs, what is sealed, secrets that are kept as hashes.

The cryptography itself is joserfc's and cryptography's. Here is what is done with it:

- ``keys.py``: one signing key, as it signs, verifies and is published.
- ``sealing.py``: notes and rows that only this Snowflake can read.
- ``secret_hashes.py``: client secrets, which are kept as slow salted hashes.
- ``files.py``: files in the data directory that are made once and then only read.
"""
