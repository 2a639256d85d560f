"""Stripe behind the gateway port, and its webhooks."""
