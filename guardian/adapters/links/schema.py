"""The four tables of personal links. Only their shape lives here. No name and no address stands in any of them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

links = sa.Table(
    "links",
    metadata,
    sa.Column("lid", sa.String(64), primary_key=True),
    sa.Column("meeting", sa.String(200), nullable=False),
    sa.Column("person", sa.String(200), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("until", sa.Double, nullable=False),
    sa.Column("registrant", sa.String(200), nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("revoked_at", sa.Double),
    # Two invitations at once make one link: of those that are in force there is one for each person.
    sa.Index(
        "links_one_in_force",
        "meeting",
        "person",
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    ),
)

browsers = sa.Table(
    "link_browsers",
    metadata,
    sa.Column("lid", sa.String(64), primary_key=True),
    # 1 is the first browser: two that press at once cannot both be it.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("browser", sa.String(64), nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.UniqueConstraint("lid", "browser", name="link_browser_once"),
)

openings = sa.Table(
    "link_openings",
    metadata,
    sa.Column("nonce", sa.String(64), primary_key=True),
    sa.Column("lid", sa.String(64), nullable=False),
    sa.Column("at", sa.Double, nullable=False, index=True),
    sa.Column("used_by", sa.String(500), nullable=False),
)

mails = sa.Table(
    "link_mails",
    metadata,
    sa.Column("lid", sa.String(64), primary_key=True),
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False),
)
