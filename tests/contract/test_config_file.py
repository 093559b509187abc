"""What a gateway keeps on disk: enough to go on alone, readable by nobody without the key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.config_file import ConfigFile, Kept
from storage.access import Holder, KnownHolder
from storage.sealed import Sealer
from tests.contract.conftest import Site, until
from tests.unit.desk import organisation

KEPT = Kept(organisation(), {"hash": "i"}, {"other": KnownHolder(Holder("ada", "Ada", "responder", ("respond",)), 2e9)})


def test_what_was_saved_is_read_back_whole(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path / "kept", Sealer("key"))
    assert file.load() is None
    for kept in (KEPT, replace(KEPT, keys={})):
        file.save(kept)
        assert file.load() == kept


def test_nothing_of_it_is_readable_and_only_its_owner_may_open_it(tmp_path: Path) -> None:
    ConfigFile(tmp_path / "kept", Sealer("key")).save(KEPT)
    raw = (tmp_path / "kept").read_bytes()
    assert not any(
        word in raw.lower() for word in (b"responder", b"respond", b"example.org")
    )  # long: chance writes short ones
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_a_file_that_was_changed_or_sealed_with_another_key_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    ConfigFile(path, Sealer("key")).save(KEPT)
    assert ConfigFile(path, Sealer("another")).load() is None
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))
    assert ConfigFile(path, Sealer("key")).load() is None


async def test_a_gateway_keeps_each_new_version_with_who_may_act(site: Site) -> None:
    settings = site.services.settings
    file = ConfigFile(settings.kept_configuration, Sealer.of(settings))
    await site.call("POST", "/users", {"name": "Zoe", "email": "zoe@example.org"})

    async def saved() -> bool:
        kept = file.load()
        return kept is not None and any(u.name == "Zoe" for u in kept.configuration.users.values())

    await until("the new version on disk", saved)
    kept = file.load()
    assert kept is not None
    assert kept.configuration == site.services.config.current
    assert len(kept.keys) == 4 and {k.holder.role for k in kept.holders.values()} == {"admin"}
    assert site.services.config.holder_of(site.keys.admin_key, 0.0) is not None
    assert site.services.config.holder_of("snt_api_wrong", 0.0) is None
