"""The command line."""

import sys

from pipeline import interrupts

if sys.argv[0].endswith("khabar"):  # not where tests or tools import a command
    interrupts.end_at_once()
