"""The guardian's judgement, pure: values in, values out. No I/O, no clock, no async, no log, no vendor words.

Read in this order: ``identity`` and ``roster`` (who), ``events`` and ``actions`` (what happened, what is wanted),
``policy`` and ``standing`` (the table of what is done), ``meeting`` (the state, folded from records), ``decide``.
"""
