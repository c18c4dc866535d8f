"""How a store grows old: Alembic finds ``env.py`` and the revisions by path. Only those live here."""
