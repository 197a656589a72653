"""`khabar dashboard`: a web application over the store. Read-only unless it is told otherwise."""
