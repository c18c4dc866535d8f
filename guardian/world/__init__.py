"""Loopback vendor servers and people who play participants, for the demo, the tests and the load runs.

May live here: servers started on free 127.0.0.1 ports, clients that behave like the vendor's own, the
servers' own call logs. May not: any import of an adapter, of the app or of the core. The world speaks the
vendor's wire language and knows nothing of the guardian that is being watched.
"""
