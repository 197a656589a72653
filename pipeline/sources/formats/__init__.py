"""Files as records, a module for each kind."""
