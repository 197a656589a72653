"""Imported by the fork server of the sandbox, and only there: loads what every extraction process needs, once."""

import gc

from transforms.enrich import warm_up

warm_up()
# What is loaded stays: collecting it again and again costs time, and would unshare its memory from the fork server's.
gc.collect()
gc.freeze()
