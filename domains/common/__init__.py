"""What every domain is made of: base model, viewer, errors, outbox, idempotency, and the parts of GraphQL types."""
