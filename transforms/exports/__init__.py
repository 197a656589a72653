"""Articles in the forms of other standards."""
