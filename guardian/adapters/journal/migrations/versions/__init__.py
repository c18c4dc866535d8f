"""One file a revision, forward only, never edited once released."""
