"""TOML to frozen values. What the rest of the program may know of the configuration; nothing is read on
import.
"""

from guardian.config.jitsi import Jitsi, JitsiToken
from guardian.config.load import load, load_policy
from guardian.config.model import Config, Guardian, Mail, Meeting
from guardian.config.operator import operator_key
from guardian.config.policy import PolicySection
from guardian.config.schedule import Schedule
from guardian.config.zoom import Zoom

__all__ = [
    "Config",
    "Guardian",
    "Jitsi",
    "JitsiToken",
    "Mail",
    "Meeting",
    "PolicySection",
    "Schedule",
    "Zoom",
    "load",
    "load_policy",
    "operator_key",
]
