"""Other servers that answer the questions of `bench` from the same tables."""
