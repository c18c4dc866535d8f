"""The running service: asynchronous, without vendor names and wire formats. It moves values; the core judges them.

Read in this order: ``actor`` (one occurrence, strictly in order), ``watch`` (what becomes of its decisions), ``guard``
(one meeting, slot after slot), ``service`` (the whole). Everything else serves one of these.
"""
