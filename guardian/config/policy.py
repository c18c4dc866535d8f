"""``[meetings.policy]``: the core's Policy as it may be written in TOML, with the range of each value.
Nothing else.

Names and defaults are those of ``guardian.core.policy.Policy`` (a test compares them).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from guardian.core.identity import STRONG_PROOFS, Proof
from guardian.core.policy import Bots, Mode, Policy, Unknown
from guardian.core.roster import Role

Seconds = Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]
Pause = Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]
_DEFAULT = Policy()


def _opens(gate: frozenset[Proof]) -> frozenset[Proof]:
    if not gate:
        raise ValueError('with no proof in the gate nobody comes in; the default is ["verified", "token"]')
    if Proof.CLAIMED in gate:
        raise ValueError('"claimed" is whatever somebody typed; it only supports a name and opens no door')
    return gate


def _never(value: object) -> object:
    """TOML has no null: ``lock_after = "never"``."""
    return None if value == "never" else value


class PolicySection(BaseModel):
    """One class's settings as written. Times in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    gate: Annotated[frozenset[Proof], AfterValidator(_opens)] = STRONG_PROOFS
    mode: Mode = _DEFAULT.mode
    unknown: Unknown = _DEFAULT.unknown
    bots: Bots = _DEFAULT.bots
    patience: Pause = _DEFAULT.patience
    settle: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] = _DEFAULT.settle
    lock_after: Annotated[Seconds | None, BeforeValidator(_never)] = _DEFAULT.lock_after
    lock_when_all_in: bool = _DEFAULT.lock_when_all_in
    lobby_from_start: bool = _DEFAULT.lobby_from_start
    may_share: frozenset[Role] = _DEFAULT.may_share
    brake_per_minute: Annotated[int, Field(ge=0, le=1000)] = _DEFAULT.brake_per_minute
    brake_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = _DEFAULT.brake_share
    wave_knocks: Annotated[int, Field(ge=1, le=100000)] = _DEFAULT.wave_knocks
    wave_window: Pause = _DEFAULT.wave_window
    wave_calm: Pause = _DEFAULT.wave_calm
    second_claim_patience: Seconds = _DEFAULT.second_claim_patience
    end_after_empty: Pause = _DEFAULT.end_after_empty
    retry_after: Pause = _DEFAULT.retry_after
    inform_waiting: bool = _DEFAULT.inform_waiting

    def to_core(self) -> Policy:
        """The same as the core's value."""
        return Policy(**{name: getattr(self, name) for name in type(self).model_fields})
