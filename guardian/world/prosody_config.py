"""The configuration of the loopback Jitsi site, as text, and account records as Prosody stores them.

Pure: no process, no file, no socket. Two flavours: `plain` (Debian's prosody alone: a members-only meeting
and a second room as lobby) and `plugins` (the same server with Jitsi's own Prosody plugins).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from guardian.world.calls import MODULE_NAME

Flavour = Literal["plain", "plugins"]

# RFC 5802 asks for at least 4096; more would only slow a class of sixty down.
SCRAM_ITERATIONS = 4096


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """What one generated server looks like. Times in seconds, sizes in bytes.

    `hibernation_time`: how long a member whose TCP connection was cut stays in the room as a ghost
    (`smacks_hibernation_time`); it counts only for clients that asked for resumption, as Jitsi's do.
    Without it the server ends the session as soon as the connection closes, and there is no ghost.
    """

    flavour: Flavour
    directory: Path
    http_port: int
    domain: str
    owners: tuple[str, ...]
    ready_word: str
    app_id: str
    app_secret: str
    hibernation_time: float = 10.0
    stanza_size_limit: int = 262_144
    run_as_root: bool = False
    plugins: Path | None = None
    extra_global: str = ""
    extra_muc: str = ""


def lua_string(text: str) -> str:
    """Quote text for a Lua source file; control characters become decimal escapes."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " else f"\\{ord(c):03d}" for c in quoted) + '"'


def lua_list(items: tuple[str, ...]) -> str:
    """A Lua array of strings."""
    return "{ " + ", ".join(lua_string(item) for item in items) + " }"


def account_record(password: str, salt: str) -> str:
    """An account as `internal_hashed` stores it: SCRAM-SHA-1 keys in hex, never the password itself.

    Source: Prosody 0.12 `mod_auth_internal_hashed`, `util.sasl.scram`; RFC 5802 section 3.
    """
    salted = hashlib.pbkdf2_hmac("sha1", password.encode(), salt.encode(), SCRAM_ITERATIONS)
    stored = hashlib.sha1(hmac.digest(salted, b"Client Key", "sha1")).hexdigest()  # noqa: S324 - SCRAM-SHA-1
    server = hmac.digest(salted, b"Server Key", "sha1").hex()
    return (
        f'return {{ ["iteration_count"] = {SCRAM_ITERATIONS}; ["salt"] = {lua_string(salt)}; '
        f'["stored_key"] = "{stored}"; ["server_key"] = "{server}"; }};\n'
    )


def store_name(text: str) -> str:
    """A name as Prosody's data manager writes it on disk: every byte but ASCII letters and digits as %xx."""
    return "".join(chr(b) if chr(b).isascii() and chr(b).isalnum() else f"%{b:02x}" for b in text.encode())


def render(plan: ServerPlan) -> str:
    """The whole configuration file."""
    hosts = _plain_hosts(plan) if plan.flavour == "plain" else _plugin_hosts(plan)
    return _global_part(plan) + hosts


def _global_part(plan: ServerPlan) -> str:
    directory = plan.directory
    plugin_paths = (str(directory / "modules"),) + ((str(plan.plugins),) if plan.plugins else ())
    http_host = plan.domain if plan.flavour == "plugins" else f"guest.{plan.domain}"
    as_root = 'run_as_root = true; prosody_user = "root"; prosody_group = "root"\n' if plan.run_as_root else ""
    return f"""\
interfaces = {{ "127.0.0.1" }}; c2s_ports = {{ }}; s2s_ports = {{ }}
http_interfaces = {{ "127.0.0.1" }}; http_ports = {{ {plan.http_port} }}; https_ports = {{ }}
http_default_host = {lua_string(http_host)}
data_path = {lua_string(str(directory / "data"))}; pidfile = {lua_string(str(directory / "prosody.pid"))}
log = {{ info = {lua_string(str(directory / "prosody.log"))} }}
{as_root}plugin_paths = {lua_list(plugin_paths)}
guardian_log_file = {lua_string(str(directory / "calls.jsonl"))}
modules_enabled = {{ "roster"; "saslauth"; "disco"; "ping"; "posix" }}
modules_disabled = {{ "s2s"; "s2s_auth_certs"; "tls"; "offline" }}
c2s_require_encryption = false; allow_unencrypted_plain_auth = true; consider_websocket_secure = true
c2s_stanza_size_limit = {plan.stanza_size_limit}
network_settings = {{ nagle = false }} -- else delayed acknowledgements on loopback add 40 ms at random
smacks_hibernation_time = {plan.hibernation_time:g}
websocket_get_response_text = {lua_string(plan.ready_word)}
websocket_get_response_body = {lua_string(plan.ready_word)}
component_admins_as_room_owners = true; muc_room_cache_size = 5000; muc_tombstones = false
{plan.extra_global}
"""


def _muc(host: str, *, modules: tuple[str, ...] = (), admins: tuple[str, ...] = ()) -> str:
    return f"""\
Component {lua_string(host)} "muc"
    storage = "memory"; restrict_room_creation = true
    muc_room_locking = false; muc_room_default_public_jids = true
    modules_enabled = {lua_list((MODULE_NAME, *modules))}
    admins = {lua_list(admins)}
"""


def _plain_hosts(plan: ServerPlan) -> str:
    domain = plan.domain
    return (
        f"""\
VirtualHost "guest.{domain}"
    authentication = "anonymous"; modules_enabled = {{ "websocket"; "smacks" }}
VirtualHost "auth.{domain}"
    authentication = "internal_hashed"; modules_enabled = {{ "smacks" }}
"""
        + _muc(f"conference.{domain}", admins=plan.owners)
        + f"    {plan.extra_muc}\n"
        + _muc(f"lobby.{domain}", admins=plan.owners)
    )


def _plugin_hosts(plan: ServerPlan) -> str:
    domain = plan.domain
    focus = f"focus@auth.{domain}"
    rooms = f"""main_muc = "conference.{domain}"; lobby_muc = "lobby.{domain}"; """
    allowed = lua_list((focus, *plan.owners))
    conference_modules = (
        *("muc_hide_all", "muc_meeting_id", "muc_domain_mapper", "muc_password_whitelist"),
        *("token_verification", "token_affiliation"),
    )
    return (
        f"""\
muc_mapper_domain_base = {lua_string(domain)}; muc_mapper_domain_prefix = "conference"
admins = {lua_list((focus,))}
VirtualHost {lua_string(domain)}
    authentication = "token"; app_id = {lua_string(plan.app_id)}; app_secret = {lua_string(plan.app_secret)}
    asap_accepted_issuers = {{ {lua_string(plan.app_id)} }}; asap_accepted_audiences = {{ "jitsi" }}
    allow_empty_token = false
    modules_enabled = {{ "bosh"; "websocket"; "smacks"; "features_identity"; "presence_identity";
                        "conference_duration"; "muc_lobby_rooms"; "muc_breakout_rooms" }}
    {rooms}breakout_rooms_muc = "breakout.{domain}"
VirtualHost "guest.{domain}"
    authentication = "jitsi-anonymous"; modules_enabled = {{ "smacks"; "presence_identity" }}
    {rooms}
VirtualHost "auth.{domain}"
    authentication = "internal_hashed"; modules_enabled = {{ "limits_exception"; "smacks" }}
"""
        + _muc(f"conference.{domain}", modules=conference_modules, admins=(focus, *plan.owners))
        + f"""\
    token_verification_allowlist = {{ "guest.{domain}" }}
    muc_password_whitelist = {allowed}
    {plan.extra_muc}
"""
        + _muc(f"lobby.{domain}", modules=("muc_hide_all",))
        + _muc(f"breakout.{domain}", modules=("muc_hide_all", "muc_meeting_id"))
        + f"""\
Component "focus.{domain}" "client_proxy"
    target_address = {lua_string(focus)}
Component "endconference.{domain}" "end_conference"
    muc_component = "conference.{domain}"; modules_enabled = {{ "{MODULE_NAME}" }}
Component "avmoderation.{domain}" "av_moderation_component"
    muc_component = "conference.{domain}"; modules_enabled = {{ "{MODULE_NAME}" }}
Component "metadata.{domain}" "room_metadata_component"
    muc_component = "conference.{domain}"; breakout_rooms_component = "breakout.{domain}"
"""
    )
