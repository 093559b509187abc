"""Settings, the sealing key, keys and cursors: what is refused, what never leaks, what survives a race."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from storage import cursor
from storage.keys import hash_key, hint, new_key
from storage.sealed import Sealer
from storage.settings import Settings, SettingsInvalid


def test_every_wrong_variable_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("SENTINEL_HOSTS", "0")
    with pytest.raises(SettingsInvalid) as refused:
        Settings.from_env()
    message = str(refused.value)
    assert "\n" not in message
    assert "PORT: " in message and "'eighty'" in message and "SENTINEL_HOSTS: " in message


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.setenv("SENTINEL_PUBLIC_URL", "https://pager.example.org/")
    settings = Settings.from_env()
    assert (settings.port, settings.url) == (8080, "https://pager.example.org")


@pytest.mark.parametrize(
    ("url", "base"),
    [("", ""), ("https://s.example/", ""), ("https://s.example/a-b/c.d/", "/a-b/c.d"), ("http://s:81/x", "/x")],
)
def test_the_path_of_the_public_url_is_what_everything_is_beneath(url: str, base: str) -> None:
    assert Settings(public_url=url).base == base


@pytest.mark.parametrize(
    "url",
    ["ops.example/x", "ftp://s/x", "https:///x", "https://s/x?y", "https://s/a b", 'https://s/"', "https://s/api/x"],
)
def test_a_public_url_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SENTINEL_PUBLIC_URL", url)
    with pytest.raises(SettingsInvalid, match="SENTINEL_PUBLIC_URL"):
        Settings.from_env()


def test_settings_cannot_be_changed_and_do_not_show_their_secrets() -> None:
    settings = Settings(
        database_url="postgresql://u:pw-one@db/x",
        redis_url="redis://:pw-two@kv/0",
        smtp_url="smtp://u:pw-three@mail",
        secret_key="pw-four",
    )
    with pytest.raises(Exception, match="frozen"):
        settings.port = 1  # type: ignore[misc]
    assert "pw-" not in f"{settings!r} {settings}"


def test_the_kept_key_is_made_once_private_and_whole_whoever_comes_first(tmp_path: Path) -> None:
    home, ready, sealers = tmp_path / "home", threading.Barrier(8), []

    def start() -> None:
        ready.wait()
        sealers.append(Sealer.of(Settings(home=home)))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealed = sealers[0].seal({"address": "a"})
    assert [s.open(sealed) for s in sealers] == [{"address": "a"}] * 8
    assert [p.name for p in home.iterdir()] == ["secret.key"]
    assert (home / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_key_file_without_a_key_is_refused_rather_than_used(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("\n")
    with pytest.raises(SettingsInvalid, match=r"secret\.key"):
        Sealer.of(Settings(home=tmp_path))


def test_what_was_sealed_with_another_key_says_what_to_restore(tmp_path: Path) -> None:
    sealed = Sealer.of(Settings(secret_key="one")).seal({"address": "+49 30 123"})
    assert b"123" not in sealed
    with pytest.raises(SettingsInvalid, match="SENTINEL_SECRET_KEY"):
        Sealer.of(Settings(secret_key="two")).open(sealed)


def test_keys_are_recognisable_and_only_their_hash_is_looked_up() -> None:
    keys = {new_key("api") for _ in range(50)}
    assert len(keys) == 50
    key = keys.pop()
    assert key.startswith("snt_api_") and len(key) == len("snt_api_") + 43
    assert len(hash_key(key)) == 64 and key not in hash_key(key)
    assert hint(key) == f"…{key[-4:]}"


@given(st.floats(0, 9e10, allow_nan=False), st.text(st.characters(blacklist_characters="\x00", codec="utf-8")))
def test_a_cursor_comes_back_as_it_went(at: float, ident: str) -> None:
    assert cursor.decode(cursor.encode(at, ident)) == (at, ident)


@given(st.text(max_size=60))
def test_any_other_text_is_refused_as_invalid(text: str) -> None:
    try:
        at, ident = cursor.decode(text)
    except Invalid as refused:
        assert refused.field == "cursor"
    else:
        assert 0 <= at < 1e11 and isinstance(ident, str)


def test_variables_of_other_programs_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "BIND", "HOSTS", "SECRET_KEY", "SMTP_URL"):
        monkeypatch.setenv(name, "7")
    assert Settings.from_env() == Settings()
