"""Zoom: events, REST, and the companion panel in the host's own client. ``wire*`` files are pure; the others do I/O."""
