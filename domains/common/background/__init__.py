"""Work after the answer: promised in a transaction, done later, at least once.

`outbox` records a promise, `relay` rings Celery for what is due (`broker` is the bell), `periodic` has the
hourly rounds, `mails` sends, and `changes` tells other processes that something changed so that subscriptions look
again.
The record is always PostgreSQL; Redis and Celery are the doorbell and may be lost.
"""
