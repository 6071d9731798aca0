"""The OpenAPI document, made of what the code knows: scopes, claims, grant types, prompts, errors.

``document`` has the paths of the provider, ``linked_roles`` theirs. ``answers`` says which statuses
an operation answers with, by the errors that it can raise, and ``schemas`` what goes in and out.
"""

from snowflake.web.openapi.document import openapi_document

__all__ = ["openapi_document"]
