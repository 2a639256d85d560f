"""Figures of how the product runs, for Prometheus; nothing is counted unless METRICS_PORT is set.

`instruments` makes counters, gauges and histograms, which are declared beside the code that uses them. `sampling` looks
once a second at what is cheaper to look at than to count. `state` reads what stands in the database, in the relay
alone; a domain has its readers in `metrics.py`. `serving` answers `/metrics` with the sum of all processes of a
container, and `retiring` keeps what dead ones counted.
"""
