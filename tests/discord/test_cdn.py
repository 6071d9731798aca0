import pytest

from snowflake.discord.cdn import avatar_url
from snowflake.discord.models import User

NELLY = "80351110224678912"


@pytest.mark.parametrize(
    ("avatar", "discriminator", "url"),
    [
        ("8342729096ea", "0", f"https://cdn.discordapp.com/avatars/{NELLY}/8342729096ea.png"),
        ("a_8342729096", "0", f"https://cdn.discordapp.com/avatars/{NELLY}/a_8342729096.gif"),
        ("8342729096ea", "1337", f"https://cdn.discordapp.com/avatars/{NELLY}/8342729096ea.png"),
        (None, "0", "https://cdn.discordapp.com/embed/avatars/5.png"),
        ("", "0", "https://cdn.discordapp.com/embed/avatars/5.png"),
        (None, "1337", "https://cdn.discordapp.com/embed/avatars/2.png"),
        (None, "0005", "https://cdn.discordapp.com/embed/avatars/0.png"),
    ],
)
def test_a_person_has_the_picture_that_discord_shows(
    avatar: str | None, discriminator: str, url: str
) -> None:
    user = User(id=NELLY, username="nelly", avatar=avatar, discriminator=discriminator)
    assert avatar_url(user) == url
