"""Operations made up from the schema, a shop to ask them of, and faults that are planted into its resolvers."""
