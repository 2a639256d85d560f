"""Replaying a retailer's invoices as orders through the public API: see the command `replay_orders`."""
