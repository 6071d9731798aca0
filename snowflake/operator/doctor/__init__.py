"""What ``snowflake doctor`` looks at. It changes nothing: no key, no store, no row is made.

``examination`` lists the checks and runs them, each of which is a file that yields findings
(``finding``): ``configuration``, ``store`` with ``signing_key``, ``discord``, ``application``,
``bot``, ``portal``, ``native_apps``, ``client_keys`` by ``key_set``, ``logouts``, ``linked_roles``,
``issuer``. ``connections`` is what they have at hand. ``acceptance`` is the little of it that
``serve`` asks at its start.
"""
