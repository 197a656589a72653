"""Dates as they are written: in metadata and in running text, absolute and relative, in many calendars."""
