"""When a meeting takes place. Each source answers the same questions: the slot at a time, and the next
ones.
"""
