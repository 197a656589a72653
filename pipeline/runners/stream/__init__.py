"""`khabar stream`: a supervisor, and attempts in processes of their own."""
