import pytest

from snowflake.discord.cdn import avatar_url, member_avatar_url
from snowflake.discord.models import User

NELLY = "80351110224678912"


@pytest.mark.parametrize(
    ("avatar", "discriminator", "url"),
    [
        ("8342729096ea", "0", f"https://cdn.discordapp.com/avatars/{NELLY}/8342729096ea.png"),
        ("a_8342729096", "0", f"https://cdn.discordapp.com/avatars/{NELLY}/a_8342729096.gif"),
        ("8342729096ea", "1337", f"https://cdn.discordapp.com/avatars/{NELLY}/8342729096ea.png"),
        (None, "0", "https://cdn.discordapp.com/embed/avatars/5.png"),
        (None, "1337", "https://cdn.discordapp.com/embed/avatars/2.png"),
        (None, "0005", "https://cdn.discordapp.com/embed/avatars/0.png"),
    ],
)
def test_a_person_has_the_picture_that_discord_shows(
    avatar: str | None, discriminator: str, url: str
) -> None:
    user = User(id=NELLY, username="nelly", avatar=avatar, discriminator=discriminator)
    assert avatar_url(user) == url


def test_a_picture_has_the_size_that_is_asked_for_but_a_default_one_has_its_own() -> None:
    user = User(id=NELLY, username="nelly", avatar="8342729096ea")
    assert avatar_url(user, 64).endswith("/8342729096ea.png?size=64")
    assert avatar_url(user.model_copy(update={"avatar": None}), 64).endswith("/5.png")


def test_a_member_has_a_picture_of_their_own() -> None:
    user = User(id=NELLY, username="nelly", avatar="8342729096ea")
    url = f"https://cdn.discordapp.com/guilds/197038439483310086/users/{NELLY}/avatars"
    assert member_avatar_url("197038439483310086", user, "b4") == f"{url}/b4.png"
    assert member_avatar_url("197038439483310086", user, "a_b4", 16) == f"{url}/a_b4.gif?size=16"
