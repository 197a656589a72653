"""What rises and falls: a job of its own that reads the output topics."""
