"""From the bytes of a page to its text, title, authors and dates."""
