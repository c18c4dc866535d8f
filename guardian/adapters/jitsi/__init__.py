"""A Jitsi room, guarded over XMPP. Pure: ``wire*`` (stanzas out and in, login steps, discovery) and ``room`` (who is
where). I/O: ``stream`` (one connection), ``session`` (one life in the room), ``platform`` (the port), ``probe``.
"""
