"""Settings: `base` for all, then `local` (development), `test` or `production`. Values come from the environment."""
