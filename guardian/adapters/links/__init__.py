"""Where personal links are kept: tables beside the journal, in SQLite or PostgreSQL. Nothing decides here."""

from guardian.adapters.links.store import SqlLinks, open_links

__all__ = ["SqlLinks", "open_links"]
