"""Numbers as they are written, and what they count."""
