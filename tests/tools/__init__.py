"""What only ever runs in development: what is behind `manage.py test`, `prove` and `check_all`, the commands that print
the schema and the page of errors, and import contracts."""
