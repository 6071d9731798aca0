from pydantic import SecretStr

from snowflake.operator.doctor.finding import Status
from snowflake.operator.doctor.native_apps import native_apps
from snowflake.settings import Settings
from snowflake.settings.tables.clients import ClientTable
from tests.operator.doctor.cases import found


async def test_what_leads_to_programs_on_a_device_is_told_once() -> None:
    client = ClientTable(
        id="immich",
        secret=SecretStr("s"),
        redirect_uris=(
            "https://immich.example.com/auth/login",
            r"regex:https://.*\.example\.com/cb",
            "app.immich:///oauth-callback",
            "http://localhost:8250/cb",
        ),
        post_logout_redirect_uris=("app.immich:///oauth-callback", "audiobookshelf://oauth"),
    )
    findings = await found(native_apps, Settings(clients=(client,)))
    assert {(finding.status, finding.subject) for finding in findings} == {
        (Status.NOTE, "client immich")
    }
    app, loopback, after_logout = [finding.text for finding in findings]
    assert app.startswith("app.immich:///oauth-callback leads into whichever app")
    assert loopback == "http://localhost:8250/cb counts with any port"
    assert after_logout.startswith("audiobookshelf://oauth leads into whichever app")


async def test_of_web_sites_there_is_nothing_to_tell() -> None:
    client = ClientTable(id="app", public=True, redirect_uris=("https://app.example.com/cb",))
    assert await found(native_apps, Settings(clients=(client,))) == []
