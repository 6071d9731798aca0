"""A site in Django that signs people in with one of three libraries, run by the Python of those.

``python django_site.py '{"library": …, "issuer": …, "client_id": …, "client_secret": …, "port": …,
"directory": …}'``. What is about us stands in the guide too.
"""

import json
import sys
from typing import Any
from urllib.parse import urlencode

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import include, path

SAID: dict[str, Any] = json.loads(sys.argv[1]) if __name__ == "__main__" else {}
ISSUER, CLIENT_ID, CLIENT_SECRET = (
    SAID.get(name, "") for name in ("issuer", "client_id", "client_secret")
)
BACK = {
    "client_id": CLIENT_ID,
    "post_logout_redirect_uri": f"http://localhost:{SAID.get('port')}/goodbye",
}
SCOPES = ["openid", "profile", "email", "groups"]

APPS = {
    "allauth": [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
    ],
    "mozilla": ["mozilla_django_oidc"],
    "social": ["social_django"],
}
MIDDLEWARE: dict[str, list[str]] = {
    "allauth": ["allauth.account.middleware.AccountMiddleware"],
    "mozilla": [],
    # Without it, a cancelled login is a traceback.
    "social": ["social_django.middleware.SocialAuthExceptionMiddleware"],
}
BACKENDS = {
    "allauth": "allauth.account.auth_backends.AuthenticationBackend",
    "mozilla": "mozilla_backend.Snowflake",
    "social": "social_core.backends.open_id_connect.OpenIdConnectAuth",
}
URLS = {
    "allauth": ("accounts/", "allauth.urls"),
    "mozilla": ("oidc/", "mozilla_django_oidc.urls"),
    "social": ("", "social_django.urls"),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "allauth": {
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "snowflake",
                        "name": "Discord",
                        "client_id": CLIENT_ID,
                        "secret": CLIENT_SECRET,
                        "settings": {"server_url": ISSUER, "scope": SCOPES},
                    }
                ],
            }
        },
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_LOGOUT_REDIRECT_URL": f"{ISSUER}/logout?{urlencode(BACK)}",
    },
    "mozilla": {
        "OIDC_RP_CLIENT_ID": CLIENT_ID,
        "OIDC_RP_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_RP_SIGN_ALGO": "RS256",
        "OIDC_RP_SCOPES": " ".join(SCOPES),
        "OIDC_USE_PKCE": True,
        "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{ISSUER}/authorize",
        "OIDC_OP_TOKEN_ENDPOINT": f"{ISSUER}/token",
        "OIDC_OP_USER_ENDPOINT": f"{ISSUER}/userinfo",
        "OIDC_OP_JWKS_ENDPOINT": f"{ISSUER}/.well-known/jwks.json",
        "LOGIN_REDIRECT_URL_FAILURE": "/who",
        # It fails without one, though it goes elsewhere.
        "LOGOUT_REDIRECT_URL": "/goodbye",
        "OIDC_STORE_ID_TOKEN": True,
        "OIDC_OP_LOGOUT_URL_METHOD": "mozilla_backend.sign_out",
        "SNOWFLAKE": ISSUER,
    },
    "social": {
        "SOCIAL_AUTH_OIDC_OIDC_ENDPOINT": ISSUER,
        "SOCIAL_AUTH_OIDC_KEY": CLIENT_ID,
        "SOCIAL_AUTH_OIDC_SECRET": CLIENT_SECRET,
        "SOCIAL_AUTH_OIDC_SCOPE": ["groups"],
        "SOCIAL_AUTH_OIDC_EXTRA_DATA": ["groups"],
        "SOCIAL_AUTH_OIDC_USE_PKCE": True,
        "SOCIAL_AUTH_LOGIN_ERROR_URL": "/who",
    },
}


def who(request: HttpRequest) -> HttpResponse:
    """Answer who is signed in, and the groups where the library has them."""
    user: Any = request.user
    # What a form has to send along.
    token = get_token(request)
    if not user.is_authenticated:
        return JsonResponse({"username": None, "token": token})
    if SAID["library"] == "allauth":
        groups = user.socialaccount_set.get().extra_data["userinfo"]["groups"]
    elif SAID["library"] == "social":
        groups = user.social_auth.get().extra_data["groups"]
    else:
        groups = [group.name for group in user.groups.all()]
    said = {"username": user.username, "email": user.email, "groups": groups}
    return JsonResponse({**said, "token": token})


def goodbye(_: HttpRequest) -> HttpResponse:
    """Answer whoever has signed out."""
    return HttpResponse("Goodbye")


prefix, included = URLS[SAID.get("library", "social")]
urlpatterns: list[Any] = []


def main() -> None:
    """Serve the site until it is ended."""
    library = SAID["library"]
    django_apps = ("admin", "auth", "contenttypes", "messages", "sessions")
    settings.configure(
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        AUTHENTICATION_BACKENDS=[BACKENDS[library]],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{SAID['directory']}/site.sqlite3",
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[f"django.contrib.{name}" for name in django_apps] + APPS[library],
        LOGIN_REDIRECT_URL="/who",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            *MIDDLEWARE[library],
        ],
        ROOT_URLCONF="__main__",
        SECRET_KEY="a secret of the tests",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        USE_TZ=True,
        **OPTIONS[library],
    )
    django.setup()
    urlpatterns.extend(
        [path("who", who), path("goodbye", goodbye), path(prefix, include(included))]
    )
    call_command("migrate", verbosity=0)
    call_command("runserver", f"127.0.0.1:{SAID['port']}", "--noreload")


if __name__ == "__main__":
    main()
