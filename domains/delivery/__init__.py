"""How and where orders are delivered: methods, countries and addresses."""
