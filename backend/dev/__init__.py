"""The development stack: what `manage.py` does, the servers and processes behind it. Nothing for production."""
