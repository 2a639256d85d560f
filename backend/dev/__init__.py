"""The development stack behind `manage.py dev`, `test` and `reset`. Production imports only `versions` of it."""
