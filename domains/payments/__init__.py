"""Payments: holds at a provider behind a small gateway port. Knows no order."""
