"""Tests mirror the rooms of the package; shared stand-ins live in tests/support."""
