"""The first journal: occurrences and their rows. Revisions go forward only: a step back would destroy evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "journal_occurrences",
        sa.Column("occurrence", sa.String(200), primary_key=True),
        sa.Column("meeting", sa.String(200), nullable=False),
        sa.Column("slot_start", sa.Double),
        sa.Column("opened_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("legal_hold", sa.Boolean, nullable=False),
        sa.Column("blanked", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "journal_rows",
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
