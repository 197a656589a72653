"""Whom and what a text names: people, organisations, places, keywords, and who says what."""
