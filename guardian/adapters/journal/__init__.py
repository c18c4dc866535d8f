"""The journal's store: one append-only, hash-chained table in SQLite or PostgreSQL. Nothing decides here.

``journal`` fills the port, ``writer`` is the one task that writes, ``chain`` is what the digests cover (pure),
``schema`` the tables, ``engines`` what differs between the two databases, ``migrations`` how a store grows old.
"""

from guardian.adapters.journal.journal import SqlJournal, open_journal
from guardian.adapters.journal.writer import JOURNAL_STEPS

__all__ = ["JOURNAL_STEPS", "SqlJournal", "open_journal"]
