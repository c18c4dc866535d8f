"""``[operators.NAME]``, ``[slack]``, ``[guardian.oidc]``, ``[meetings.notify]``: who is told, how, and who may order.

Nothing else: how a login works, or when a message goes out, lives elsewhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from guardian.config.secret import Secret
from guardian.config.values import Line, MailAddress, Section, WebAddress
from guardian.core.incidents import IncidentKind
from guardian.core.operators import Scope

OperatorName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
MeetingId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
SlackId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,30}$")]
SlackChannel = Annotated[str, StringConstraints(pattern=r"^[CGD][A-Z0-9]{2,30}$")]
Wait = Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]

_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_EVERYTHING = frozenset({Scope.VIEW, Scope.DOOR, Scope.PANIC})


def _some(scopes: frozenset[Scope]) -> frozenset[Scope]:
    if not scopes:
        raise ValueError("name at least one scope: " + ", ".join(Scope))
    return scopes


class OperatorSection(Section):
    """``[operators.NAME]``: a human who is told and may order. ``email``: where mail goes, and by which action links
    and the organisation's login know them; ``slack``: their Slack member id.

    ``meetings``: None for every one. ``quiet``: hours of the meeting's local time in which only the gravest reaches
    them.
    """

    name: Line
    email: MailAddress | None = None
    slack: SlackId | None = None
    scopes: frozenset[Scope] = _EVERYTHING
    meetings: frozenset[MeetingId] | None = None
    quiet: str | None = None

    @field_validator("scopes")
    @classmethod
    def _some_scopes(cls, value: frozenset[Scope]) -> frozenset[Scope]:
        return _some(value)

    @field_validator("quiet")
    @classmethod
    def _hours(cls, value: str | None) -> str | None:
        if value is not None and not _QUIET.fullmatch(value):
            raise ValueError('write two times of day, as in "22:00-06:30"')
        return value

    @property
    def quiet_minutes(self) -> tuple[int, int] | None:
        """The quiet hours in minutes after midnight: from, until (which may be the next day)."""
        found = _QUIET.fullmatch(self.quiet or "")
        if found is None:
            return None
        hour, minute, until_hour, until_minute = (int(part) for part in found.groups())
        return hour * 60 + minute, until_hour * 60 + until_minute

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.email is None and self.slack is None:
            raise ValueError("name email, slack or both: how else are they told, or known?")
        return self


class Slack(Section):
    """``[slack]``: one Slack app of ours. By signed HTTP (``signing_secret``) or by Socket Mode (``app_token``).

    ``channel``: where incidents go that name no channel of their own. ``api``: Slack's own unless named.
    """

    bot_token: Secret
    signing_secret: Secret | None = None
    app_token: Secret | None = None
    channel: SlackChannel
    api: WebAddress = "https://slack.com/api"

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.signing_secret is None) == (self.app_token is None):
            raise ValueError("name signing_secret (orders by HTTP) or app_token (Socket Mode), one of the two")
        return self


class Grant(Section):
    """``[[guardian.oidc.grants]]``: what members of a group may do. ``meetings`` None: in every meeting."""

    group: Line
    scopes: frozenset[Scope] = _EVERYTHING
    meetings: frozenset[MeetingId] | None = None

    @field_validator("scopes")
    @classmethod
    def _some_scopes(cls, value: frozenset[Scope]) -> frozenset[Scope]:
        return _some(value)


class Oidc(Section):
    """``[guardian.oidc]``: the organisation's own login (OpenID Connect, code flow with PKCE).

    ``groups_claim`` and ``name_claim``: where the id token says them. ``session_hours``: how long a login lasts.
    """

    issuer: WebAddress
    client_id: Line
    client_secret: Secret | None = None
    scope: Line = "openid profile email"
    groups_claim: Line = "groups"
    name_claim: Line = "name"
    session_hours: Annotated[float, Field(gt=0, le=24)] = 8.0
    grants: Annotated[tuple[Grant, ...], Field(min_length=1)]


class Notify(Section):
    """``[meetings.notify]``: how a meeting's people are told. Waits in seconds; 0: nobody need acknowledge.

    ``escalation``: operators who are told one after the other, as long as nobody acknowledges. ``lead``: the
    safeguarding lead, an operator, who alone hears of incidents of the kinds in ``confidential`` that are about
    somebody on the list.
    """

    slack_channel: SlackChannel | None = None
    escalation: tuple[OperatorName, ...] = ()
    acknowledge_critical: Wait = 60.0
    acknowledge_warning: Wait = 180.0
    acknowledge_notice: Wait = 0.0
    lead: OperatorName | None = None
    confidential: frozenset[IncidentKind] = frozenset()
    tell_host: bool = True

    @model_validator(mode="after")
    def _somebody_hears(self) -> Self:
        if self.confidential and self.lead is None:
            raise ValueError("confidential: nobody would hear of it; name lead, the safeguarding lead")
        return self
