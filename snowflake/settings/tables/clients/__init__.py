"""``[[clients]]``: the registered clients. A file for each subject, put together here."""

from snowflake.settings.tables.clients.authentication import AuthenticationKeys
from snowflake.settings.tables.clients.claims import ClaimKeys
from snowflake.settings.tables.clients.encryption import EncryptionKeys
from snowflake.settings.tables.clients.issuer import IssuerKeys
from snowflake.settings.tables.clients.logout import LogoutKeys
from snowflake.settings.tables.clients.machines import MachineKeys
from snowflake.settings.tables.clients.people import PeopleKeys
from snowflake.settings.tables.clients.responses import ResponseKeys
from snowflake.settings.tables.clients.signatures import SignatureKeys
from snowflake.settings.tables.clients.subject import SubjectKeys
from snowflake.settings.tables.clients.tokens import TokenKeys


# Pydantic takes the fields of the last first.
class ClientTable(
    ClaimKeys,
    PeopleKeys,
    SubjectKeys,
    EncryptionKeys,
    SignatureKeys,
    IssuerKeys,
    TokenKeys,
    MachineKeys,
    ResponseKeys,
    LogoutKeys,
    AuthenticationKeys,
):
    """A registered client (RFC 6749, section 2)."""
