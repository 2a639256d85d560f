"""An application of two tables, for `tests/backend/test_migrate.py`."""
