"""What keeps one caller, or one slow neighbour, from stopping the others.

`throttling` counts attempts, `places` bounds how many web threads passwords may hold, and `redis` is the one client
of Redis: a cache and messenger that may be lost at any moment, never the record.
"""
