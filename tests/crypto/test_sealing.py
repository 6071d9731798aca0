import hmac
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from snowflake.crypto.sealing import SECRET_FILE, BadNote, ExpiredNote, Note, Sealer
from snowflake.errors import StartFault
from snowflake.settings import Settings
from tests.running import NOW

SEALER = Sealer(b"one secret")
LIFETIME = 60


@dataclass(frozen=True)
class Letter(Note):
    purpose: ClassVar[str] = "letter"

    text: str
    number: int
    maybe: str | None


@dataclass(frozen=True)
class Parcel(Letter):
    purpose: ClassVar[str] = "parcel"


letters = st.builds(
    Letter,
    st.text(),
    st.integers(),
    st.none() | st.text(),
)
LETTER = Letter("text", 5, None)
SEALED = SEALER.seal(LETTER, NOW)


def opened(sealed: str, now: float = NOW, kind: type[Letter] = Letter) -> Letter:
    return SEALER.open(kind, sealed, LIFETIME, now)


@given(letters)
def test_a_note_comes_out_as_it_went_in(letter: Letter) -> None:
    assert opened(SEALER.seal(letter, NOW)) == letter


def test_nothing_of_a_note_can_be_read_without_the_secret() -> None:
    sealed = SEALER.seal(Letter("a" * 100, 5, None), NOW)
    assert sealed != SEALER.seal(Letter("a" * 100, 5, None), NOW)
    assert "aaaa" not in sealed


@given(st.integers(0, len(SEALED) - 1), st.sampled_from("ABCxyz019-_= \n%\u00e9"))
def test_a_note_altered_at_any_place_is_refused(place: int, character: str) -> None:
    altered = SEALED[:place] + character + SEALED[place + 1 :]
    if altered != SEALED:
        with pytest.raises(BadNote) as refusal:
            opened(altered)
        assert not isinstance(refusal.value, ExpiredNote)


@given(st.integers(0, len(SEALED) - 1))
def test_a_note_cut_short_is_refused(length: int) -> None:
    with pytest.raises(BadNote):
        opened(SEALED[:length])


@given(st.integers(0, len(SEALED)), st.sampled_from(["=", "\n", " ", "*", "\u2028", "%3D", "AAAA"]))
def test_a_note_has_one_spelling(place: int, foreign: str) -> None:
    with pytest.raises(BadNote):
        opened(SEALED[:place] + foreign + SEALED[place:])


@given(st.text(max_size=64))
def test_a_note_needs_no_quoting_in_a_url(text: str) -> None:
    sealed = SEALER.seal(Letter(text, 1, None), NOW)
    assert quote(sealed, safe="") == sealed


def test_a_note_in_the_other_base64_alphabet_is_refused() -> None:
    for sealed in (SEALER.seal(LETTER, NOW) for _ in range(20)):
        other = sealed.replace("-", "+").replace("_", "/")
        if other != sealed:
            with pytest.raises(BadNote):
                opened(other)


@given(st.text())
def test_no_text_makes_it_stumble(text: str) -> None:
    with pytest.raises(BadNote):
        opened(text)


def test_a_note_of_another_purpose_is_refused() -> None:
    with pytest.raises(BadNote):
        opened(SEALED, kind=Parcel)


def test_a_note_of_another_secret_is_refused() -> None:
    with pytest.raises(BadNote):
        Sealer(b"another secret").open(Letter, SEALED, LIFETIME, NOW)


@given(st.integers(0, LIFETIME))
def test_a_note_lives_as_long_as_its_lifetime(age: int) -> None:
    assert opened(SEALED, NOW + age) == LETTER


@given(st.integers(LIFETIME + 1, 10**9))
def test_a_note_older_than_that_is_expired(age: int) -> None:
    with pytest.raises(ExpiredNote):
        opened(SEALED, NOW + age)


def test_an_altered_old_note_does_not_pass_for_one_that_is_merely_old() -> None:
    with pytest.raises(BadNote) as refusal:
        opened(SEALED[:-4] + "AAA=", NOW + LIFETIME + 1)
    assert not isinstance(refusal.value, ExpiredNote)


def test_a_note_sealed_anew_is_the_first_secrets_and_keeps_its_date() -> None:
    anew = Sealer(b"another", b"one secret").anew(Letter, SEALED)
    first = Sealer(b"another")
    assert first.open(Letter, anew, LIFETIME, NOW + LIFETIME) == LETTER
    with pytest.raises(ExpiredNote):
        first.open(Letter, anew, LIFETIME, NOW + LIFETIME + 1)


def test_what_nobody_has_sealed_is_not_sealed_anew() -> None:
    with pytest.raises(BadNote):
        SEALER.anew(Letter, Sealer(b"another secret").seal(LETTER, NOW))


def test_the_secret_key_makes_notes_of_one_snowflake_open_at_another(tmp_path: Path) -> None:
    secret = SecretStr("x" * 40)
    one = Sealer.load(Settings(data_dir=tmp_path / "one", secret_key=secret))
    other = Sealer.load(Settings(data_dir=tmp_path / "other", secret_key=secret))
    assert other.open(Letter, one.seal(LETTER, NOW), LIFETIME, NOW) == LETTER
    assert list(tmp_path.iterdir()) == []


def test_without_it_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    sealed = Sealer.load(settings).seal(LETTER, NOW)
    assert Sealer.load(settings).open(Letter, sealed, LIFETIME, NOW) == LETTER
    path = tmp_path / SECRET_FILE
    assert len(path.read_text("utf-8")) >= 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_who_has_another_database_and_nowhere_to_write_hears_of_the_secret(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(data_dir=tmp_path / "file")
    with pytest.raises(StartFault) as refused:
        Sealer.load(settings)
    assert "SNOWFLAKE_SECRET_KEY" not in str(refused.value)
    url = SecretStr("postgresql://db/snowflake")
    with pytest.raises(StartFault) as refused:
        Sealer.load(settings.model_copy(update={"database_url": url}))
    assert str(refused.value).startswith("SNOWFLAKE_SECRET_KEY: is not set")


def test_with_a_private_key_and_nowhere_to_write_the_secret_comes_of_that_key(
    tmp_path: Path, private_key: str
) -> None:
    (tmp_path / "file").touch()
    settings = Settings(data_dir=tmp_path / "file", private_key=SecretStr(private_key))
    sealed = Sealer.load(settings).seal(LETTER, NOW)
    assert Sealer.load(settings).open(Letter, sealed, LIFETIME, NOW) == LETTER


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_a_damaged_secret_stops_the_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / SECRET_FILE
    path.parent.mkdir()
    path.write_text(content, "utf-8")
    with pytest.raises(StartFault) as fault:
        Sealer.load(Settings(data_dir=tmp_path))
    assert fault.value.faults[0].startswith(f"{path}: ")
    assert path.read_text("utf-8") == content


def test_a_digest_is_the_same_for_the_same_values_purpose_and_first_secret_alone() -> None:
    digest = SEALER.digest("one", "a", "b", None)
    assert len(digest) == 64
    assert digest == Sealer(b"one secret", b"another").digest("one", "a", "b", None)
    others = {
        SEALER.digest("other", "a", "b", None),
        Sealer(b"another", b"one secret").digest("one", "a", "b", None),
        SEALER.digest("one", "ab", None),
        SEALER.digest("one", "a", "b"),
        SEALER.digest("one", "a", "b", ""),
    }
    assert len(others | {digest}) == 6


def test_a_digest_stays_what_it_was() -> None:
    # Stores are full of them: HMAC-SHA256 over JSON without blanks, under a key of its purpose.
    info = b"snowflake digest one"
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(b"one secret")
    content = '["a\\"\\u0001\\u007f\u00e9\u2028/",null]'.replace("\\u007f", "\x7f")
    expected = hmac.digest(key, content.encode(), "sha256").hex()
    assert SEALER.digest("one", 'a"\x01\x7f\u00e9\u2028/', None) == expected


def test_digests_are_those_of_every_secret_in_their_order() -> None:
    both = Sealer(b"one secret", b"another").digests("one", "a", None)
    assert both == tuple(
        Sealer(one).digest("one", "a", None) for one in (b"one secret", b"another")
    )
