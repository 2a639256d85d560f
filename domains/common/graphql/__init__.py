"""What every domain's GraphQL types are made of."""
