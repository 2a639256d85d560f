"""The command `replay_orders`: a retailer's invoices as orders through the public API. The image is without it."""
