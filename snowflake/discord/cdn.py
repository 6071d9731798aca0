"""Where Discord keeps its pictures."""

from snowflake.discord.models import User

CDN = "https://cdn.discordapp.com"


def avatar_url(user: User, size: int | None = None) -> str:
    """Answer the URL of a person's avatar, or of the default one that Discord shows instead.

    An animated avatar, whose hash begins with ``a_``, is a GIF. ``size`` is in pixels, a power of
    two from 16 to 4096; the default ones have but one.
    """
    if user.avatar:
        return f"{CDN}/avatars/{user.id}/{_file(user.avatar, size)}"
    legacy = int(user.discriminator or 0)
    index = legacy % 5 if legacy else (int(user.id) >> 22) % 6
    return f"{CDN}/embed/avatars/{index}.png"


def member_avatar_url(guild: str, user: User, avatar: str, size: int | None = None) -> str:
    """Answer the URL of the avatar that a person has in one guild, by its hash."""
    return f"{CDN}/guilds/{guild}/users/{user.id}/avatars/{_file(avatar, size)}"


def _file(avatar: str, size: int | None) -> str:
    extension = "gif" if avatar.startswith("a_") else "png"
    return f"{avatar}.{extension}" + (f"?size={size}" if size is not None else "")
