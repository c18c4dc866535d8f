"""The service's face to people and machines: tokens, HTTP on loopback, names as typed.

Everything here talks to the service through ``door.Guarded`` and never to an adapter. No judgement of who may enter.
"""
