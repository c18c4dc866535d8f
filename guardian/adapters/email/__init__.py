"""Mail to people. ``names`` shows a name safely, ``texts`` says what happened, ``wire`` makes the message
(all pure); ``notifier`` sends it.
"""
