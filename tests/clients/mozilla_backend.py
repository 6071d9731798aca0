"""How mozilla-django-oidc tells people apart and keeps their groups; the guide has it too."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import Group
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend


class Snowflake(OIDCAuthenticationBackend):  # type: ignore[misc]  # it has no types
    """Goes by the Discord user ID in place of the e-mail address."""

    def get_username(self, claims: Any) -> str:
        return str(claims["sub"])

    def filter_users_by_claims(self, claims: Any) -> Any:
        return self.UserModel.objects.filter(username=claims["sub"])

    def create_user(self, claims: Any) -> Any:
        return self.update_user(super().create_user(claims), claims)

    def update_user(self, user: Any, claims: Any) -> Any:
        groups = [Group.objects.get_or_create(name=name)[0] for name in claims["groups"]]
        user.groups.set(groups)
        return user


def sign_out(request: HttpRequest) -> str:
    """Answer where whoever has signed out of the site goes on to."""
    query = {
        "client_id": settings.OIDC_RP_CLIENT_ID,
        "id_token_hint": request.session.get("oidc_id_token", ""),
        "post_logout_redirect_uri": request.build_absolute_uri("/goodbye"),
    }
    return f"{settings.SNOWFLAKE}/logout?{urlencode(query)}"
