"""A folder for each outside party; strangers to one another and to ``app``. Nothing lives at this level."""
