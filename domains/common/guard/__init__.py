"""What keeps one caller, or one slow neighbour, from stopping the others.

`budgets` bounds what a caller may have executed, `throttling` counts attempts, `bulkhead` bounds how many web threads
one kind of slow work may hold, `computing` lets one heavy query compute at a time, `breaker` leaves alone what has
stopped answering, and `redis` is the one client of Redis: a cache and messenger that may be lost at any moment, never
the record.
"""
