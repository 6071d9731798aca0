"""Where Discord keeps its pictures."""

from snowflake.discord.models import User

CDN = "https://cdn.discordapp.com"


def avatar_url(user: User) -> str:
    """Answer the URL of a person's avatar, or of the default one that Discord shows instead.

    An animated avatar, whose hash begins with ``a_``, is a GIF.
    """
    if user.avatar:
        extension = "gif" if user.avatar.startswith("a_") else "png"
        return f"{CDN}/avatars/{user.id}/{user.avatar}.{extension}"
    legacy = int(user.discriminator or 0)
    index = legacy % 5 if legacy else (int(user.id) >> 22) % 6
    return f"{CDN}/embed/avatars/{index}.png"
