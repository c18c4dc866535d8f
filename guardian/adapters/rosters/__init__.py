"""Rosters from outside: who is expected. ``wire`` reads bytes (pure); ``csv_file`` watches the file."""
