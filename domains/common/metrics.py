"""What the outbox, its queues and the database are like."""

from __future__ import annotations

from django.db import connection

from domains.common.measuring.state import MOST_ROWS, State, reader

ROUND = State("relay_last_round_timestamp_seconds", "When a relay last handed over what was due, in Unix time.")
QUEUES = State("queue_length", "Tasks that wait for a worker.", "queue")
DUE = State("outbox_due", "Messages that are due or were tried, and are not done.", "topic")
OLDEST = State("outbox_oldest_seconds", "Age of the oldest of these messages, since it was promised.", "topic")
DEAD = State("outbox_dead", "Messages that failed for good and wait for staff, without refused mails.", "topic")
CONNECTIONS = State("database_connections", "Connections that the database server has.")
MOST_CONNECTIONS = State("database_connections_max", "Connections that it takes.")

# What the relay has handed over comes due again 10 s later, so it counts as due until it is done.
_DUE = """SELECT topic, count(*), extract(epoch FROM now() - min(created_at))::float FROM (
    SELECT topic, created_at FROM common_outboxmessage WHERE done_at IS NULL AND dead_at IS NULL
    AND (attempts > 0 OR due_at <= now() + interval '10 seconds') ORDER BY due_at LIMIT %s
) AS due GROUP BY topic"""
# Not mails that their server refused: anybody can cause them, nobody need act, and they would hide the others.
_DEAD = """SELECT topic, count(*) FROM (
    SELECT topic FROM common_outboxmessage WHERE dead_at IS NOT NULL AND done_at IS NULL
    AND left(last_error, 11) <> 'MailRefused' ORDER BY created_at LIMIT %s
) AS dead GROUP BY topic"""
_CONNECTIONS = """SELECT sum(numbackends)::int, current_setting('max_connections')::int FROM pg_stat_database"""


@reader
def read_outbox() -> None:
    """Messages that wait, and dead ones."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [MOST_ROWS])
        due = {(topic,): (count, age) for topic, count, age in cursor.fetchall()}
        cursor.execute(_DEAD, [MOST_ROWS])
        DEAD.show({(topic,): count for topic, count in cursor.fetchall()})
    DUE.show({topic: count for topic, (count, _) in due.items()})
    OLDEST.show({topic: age for topic, (_, age) in due.items()})


@reader
def read_connections() -> None:
    """Of the whole server: others that use it take from the same number."""
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        used, most = cursor.fetchone()
    CONNECTIONS.show({(): used})
    MOST_CONNECTIONS.show({(): most})
