"""The directory of one Prosody: configuration, our logging module, links to Lua libraries, accounts.

Files only; no process and no socket. Passwords never appear in a command line: accounts are written here.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from guardian.world.calls import MODULE_NAME, MODULE_SOURCE
from guardian.world.prosody_config import ServerPlan, account_record, render, store_name
from guardian.world.site import WorldError

# `lua-basexx` and `lua-inspect` install no Lua 5.4 path in Debian 12; these two files work there.
_LUA_LINKS = {"basexx.lua": "/usr/share/lua/5.2/basexx.lua", "inspect.lua": "/usr/share/lua/5.3/inspect.lua"}


class ProsodyError(WorldError):
    """Prosody is not installed, did not start, or died; the message carries the end of its log."""


def write_directory(plan: ServerPlan) -> None:
    """Write everything but the accounts; again after a change of the plan. Raises ProsodyError."""
    for name in ("data", "modules", "lua"):
        (plan.directory / name).mkdir(parents=True, exist_ok=True)
    (plan.directory / "modules" / f"mod_{MODULE_NAME}.lua").write_text(MODULE_SOURCE, encoding="utf-8")
    if plan.plugins is not None:
        if not (plan.plugins / "mod_muc_lobby_rooms.lua").exists():
            raise ProsodyError(f"{plan.plugins} does not hold Jitsi's Prosody plugins")
        _link_lua_libraries(plan.directory / "lua")
    config = plan.directory / "prosody.cfg.lua"
    config.touch(mode=0o600)  # with the plugins it holds the token secret
    config.write_text(render(plan), encoding="utf-8")


def write_account(plan: ServerPlan, name: str, password: str) -> None:
    """Make or change an account."""
    folder = plan.directory / "data" / store_name(f"auth.{plan.domain}") / "accounts"
    folder.mkdir(parents=True, exist_ok=True)
    record = account_record(password, secrets.token_hex(12))
    (folder / f"{store_name(name.lower())}.dat").write_text(record, encoding="utf-8")


def _link_lua_libraries(folder: Path) -> None:
    for name, target in _LUA_LINKS.items():
        if not Path(target).exists():
            raise ProsodyError(f"{target} is missing; apt-get install lua-basexx lua-inspect lua-cjson lua-luaossl")
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(target)
