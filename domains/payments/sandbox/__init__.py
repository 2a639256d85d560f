"""An embedded payment provider: stateful and deterministic, with tables and a connection of its own."""
