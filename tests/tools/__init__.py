"""What only ever runs in development: what is behind `manage.py test`, `prove` and `check_all`; import contracts."""
