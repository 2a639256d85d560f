"""The catalogue: categories, products and the ledger of every movement of stock."""
