"""Subscriptions over Server-Sent Events, as https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md has it.

Only its "distinct connections mode": one operation a connection.
"""
