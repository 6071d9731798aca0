import pytest

from snowflake.uris.private_use import check_private_use, is_private_use

OF_APPS = [
    "com.example.app:/cb",
    "com.example.app:/",
    "com.example.app://cb",
    "com.googleusercontent.apps.123-abc:/oauth2redirect",
    "app.immich:///oauth-callback",
    "app.immich:///oauth-callback?tenant=a%20b",
    "oc://android.opencloud.eu",
    "oc://ios.opencloud.eu",
    "audiobookshelf://oauth",
    "myapp://",
    "my+app-1.2://host:8080/cb",
]


@pytest.mark.parametrize("uri", OF_APPS)
def test_what_leads_into_an_app_may_be_registered(uri: str) -> None:
    assert is_private_use(uri)
    check_private_use(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript://app.example.com/%0aalert(1)",
        "data:///text/html,x",
        "vbscript://x",
        "file:///etc/passwd",
        "blob://x",
        "about://blank",
        "view-source://app.example.com/",
        "chrome://settings",
        "chrome-extension://abc/cb",
        "moz-extension://abc/cb",
        "intent://x/",
        "android-app://x/",
        "ms-settings://x",
        "ms-appx-web://x/",
        "microsoft-edge://x",
        "search-ms://x",
        "x-apple.systempreferences://x",
        "itms-services://x",
        "mailto://x",
        "tel://1",
        "ws://app.example.com/",
        "wss://app.example.com/",
        "ftp://app.example.com/",
        "jar://x",
        "content://x/",
        "filesystem://x/",
        "web+app://cb",
        "ext+app://cb",
        "smb://host/share",
        "shell://x",
    ],
)
def test_a_scheme_that_is_no_apps_own_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="which is no app's own"):
        check_private_use(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "about:blank",
        "feed:https://app.example.com/",
        "mailto:a@example.com",
        "urn:ietf:wg:oauth:2.0:oob",
        "com.example.app:cb",
        # A host without its scheme is none.
        "localhost:8080/cb",
        "grafana.example.com:3000/login",
        "grafana.example.com/login",
        "/cb",
        "//app.example.com/cb",
        "c:/windows",
        "Com.Example.App:/cb",
        "JAVASCRIPT://x",
        "1app:/cb",
        ":/cb",
        "",
        "com.example.app:/cb#",
        "com.example.app:/cb#x",
        "com.example.app:/cb?",
    ],
)
def test_what_is_not_in_the_form_of_such_a_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="in an app's own scheme"):
        check_private_use(uri)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("com.example.app:/c b", "characters that no URI may hold"),
        ("com.example.app:/\u00e4", "characters that no URI may hold"),
        ("com.example.app:/\\cb", "characters that no URI may hold"),
        ("com.example.app://me@host/cb", "plain host and port"),
        ("com.example.app://host:x/cb", "plain host and port"),
        ("com.example.app:/a/../cb", "does not stay as it is"),
        ("com.example.app:/a%0a", "does not stay as it is"),
        ("com.example.app:/cb?code=1", "the answer itself will have"),
        ("com.example.app:/cb?" + "a=1&" * 51, "too many parameters"),
    ],
)
def test_what_would_not_reach_the_app_as_it_is_is_refused(uri: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_private_use(uri)


@pytest.mark.parametrize("uri", ["https://app.example.com/cb", "http://localhost/cb"])
def test_the_web_is_no_app(uri: str) -> None:
    assert not is_private_use(uri)
