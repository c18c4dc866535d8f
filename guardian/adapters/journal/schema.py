"""The two tables. Only their shape lives here; how they come to be is in ``migrations``.

There is no foreign key: the writer finds a chain's head in ``occurrences`` before it adds a row, so none can be an
orphan, and PostgreSQL would lock and look up the same line for every row of a batch.
"""

from __future__ import annotations

import sqlalchemy as sa

VERSION_TABLE = "journal_version"
NEWEST = "0001"
"""The revision this program was written for."""

metadata = sa.MetaData()

occurrences = sa.Table(
    "journal_occurrences",
    metadata,
    sa.Column("occurrence", sa.String(200), primary_key=True),
    sa.Column("meeting", sa.String(200), nullable=False),
    sa.Column("slot_start", sa.Double),
    sa.Column("opened_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    # The chain's newest digest and length: they betray the removal of the newest row.
    sa.Column("head", sa.LargeBinary(32), nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("legal_hold", sa.Boolean, nullable=False),
    # Rows 1 to this one were blanked by purge; any other blank row is damage.
    sa.Column("blanked", sa.BigInteger, nullable=False),
)

rows = sa.Table(
    "journal_rows",
    metadata,
    sa.Column("occurrence", sa.String(200), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", sa.String(50), nullable=False),
    sa.Column("key", sa.String(200)),
    sa.Column("body", sa.LargeBinary),
    sa.Column("salt", sa.LargeBinary(32)),
    sa.Column("body_digest", sa.LargeBinary(32), nullable=False),
    sa.Column("prev", sa.LargeBinary(32), nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.UniqueConstraint("occurrence", "key", name="journal_key_once"),
)
