"""Measures of speed and scale: each a row with its floor from the same run. Nothing here is shipped or imported by it.

``python -m benchmarks`` measures everything and writes ``results.md`` and ``results.json``; ``--quick`` only looks
whether the measures still run. No test times anything.
"""
