"""``guardian token mint``: to standard output only, with the key of the data directory."""

from pathlib import Path

import pytest

from guardian.cli.client import DEFAULT_ADDRESS, address
from guardian.config import load, operator_key
from guardian.config.model import Api
from guardian.core.operators import Scope
from guardian.errors import ConfigError
from guardian.web.tokens import verify
from tests.support.command_line import guardian, write_config


async def test_a_minted_token_verifies_with_the_key_of_the_data_directory(tmp_path: Path) -> None:
    import time

    config = write_config(tmp_path)
    done = await guardian(
        "token", "mint", "--name", "Tess Teacher", "--scope", "view", "--hours", "1", "-c", str(config)
    )
    assert (done.code, done.err) == (0, "")
    operator = verify(done.out.strip(), operator_key(load(config)), time.time())
    assert operator.name == "Tess Teacher"
    assert operator.scopes == frozenset({Scope.VIEW})
    assert operator.meetings == frozenset({"yoga"})


async def test_scopes_and_meetings_may_be_several(tmp_path: Path) -> None:
    import time

    config = write_config(tmp_path, meetings=("yoga", "judo"))
    wanted = ["--scope", "door", "--scope", "admin", "-m", "yoga", "-m", "judo"]
    done = await guardian("token", "mint", "--name", "Tess", *wanted, "-c", str(config))
    operator = verify(done.out.strip(), operator_key(load(config)), time.time())
    assert operator.scopes == frozenset({Scope.DOOR, Scope.ADMIN})
    assert operator.meetings == frozenset({"yoga", "judo"})
    every = await guardian("token", "mint", "--name", "Tess", "-m", "*", "-c", str(config))
    assert verify(every.out.strip(), operator_key(load(config)), time.time()).meetings is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--name", "Tess"], "which meeting"),
        (["--name", "Tess", "-m", "chess"], "not configured"),
        (["--name", "", "-m", "yoga"], "name of a human"),
        (["--name", "Tess", "-m", "yoga", "--hours", "9999"], "at most"),
        (["--name", "Tess", "-m", "yoga", "--scope", "root"], "root"),
        (["-m", "yoga"], "--name"),
    ],
)
async def test_wrong_use_is_exit_2_with_a_clear_message_and_no_token(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    config = write_config(tmp_path, meetings=("yoga", "judo"))
    done = await guardian("token", "mint", *arguments, "-c", str(config))
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err


async def test_a_faulty_configuration_is_exit_2_naming_every_fault(tmp_path: Path) -> None:
    config = write_config(tmp_path, more='\n[guardian.lgo]\nlevel = "info"\n')
    done = await guardian("token", "mint", "--name", "Tess", "-c", str(config))
    assert done.code == 2
    assert "guardian.lgo" in done.err
    missing = await guardian("token", "mint", "--name", "Tess", "-c", str(tmp_path / "none.toml"))
    assert missing.code == 2
    assert "--config" in missing.err


def test_the_address_is_read_without_the_secrets_of_the_configuration(tmp_path: Path) -> None:
    config = write_config(tmp_path, port=8123)
    (tmp_path / "password").unlink()
    assert address(config, None) == ("127.0.0.1", 8123)
    assert address(config, "http://[::1]:99/") == ("::1", 99)


def test_the_address_by_default_is_that_of_the_configuration() -> None:
    assert (Api().host, Api().port) == DEFAULT_ADDRESS


@pytest.mark.parametrize("wrong", ["", "x", "host:", ":1", "host:99999", "host:port"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigError):
        address(write_config(tmp_path), wrong)


@pytest.mark.parametrize("text", ["nonsense", "[guardian]\napi = 3\n[x", "\xff"])
def test_a_configuration_that_is_no_toml_is_a_clear_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError):
        address(path, None)


async def test_help_is_shown_without_reading_anything() -> None:
    done = await guardian("--help")
    assert done.code == 0
    for command in ("run", "check", "status", "watch", "panic", "token", "verify", "purge", "legal-hold", "replay"):
        assert command in done.out


async def test_the_version_is_said() -> None:
    from guardian import __version__

    assert (await guardian("--version")).out.strip() == f"guardian {__version__}"


async def test_an_unknown_command_is_wrong_use() -> None:
    assert (await guardian("admitt", "Ann")).code == 2
