"""Signed webhooks into the real service: `guardian run` as people start it, its journal on a file, 64 connections.

Each answer means: signature right, de-duplicated, decided, on the disk. No panel is open, so that nothing follows from
a decision but incidents. What is told is what Zoom tells: everybody of a class knocks, is admitted (by the teacher's
own hand), comes in, leaves; one in twenty is told twice. The floor is a bare aiohttp handler that checks the signature,
reads the JSON and answers. Sender and server are processes of their own.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.rows import Goal, Row, Scale
from benchmarks.sender import Errand, Sent
from benchmarks.webhooks import Load, meeting_numbers
from benchmarks.zoom_site import ROOT, Ways, guarding, write_site
from guardian.world.zoom import ZoomWorld

CONNECTIONS = 64
CLASS = 30
TOGETHER = "ingest"
ROWS = ("floor-ingest", "ingest-class", "ingest-spread")
