"""People: registration, sign-in and sessions."""
