"""Rosters from outside: who is expected. ``wire`` reads bytes, ``reading`` understands them, ``files`` watches."""
