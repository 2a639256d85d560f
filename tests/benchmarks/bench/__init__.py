"""`manage.py bench`: our server beside others on the same tables, in one run, in turns.

`running` is the command, `shop` the database, `servers` what is started, `requests` what is sent, `load` who sends it,
`usage` what it costs, `report` how it is shown. What another server is asked for stands in a folder of queries.
"""
