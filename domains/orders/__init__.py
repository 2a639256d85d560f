"""Orders: placing, settling and cancelling them, and their confirmations."""
