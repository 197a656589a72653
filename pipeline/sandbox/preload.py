"""Imported by the fork server of the sandbox, and only there: loads what every extraction process needs, once."""

import gc

gc.disable()  # nothing that is loaded becomes garbage, and looking for some would take a fifth of the time

from transforms.enrich import warm_up  # noqa: E402

warm_up()
# What is loaded stays: collecting it again and again costs time, and would unshare its memory from the fork server's.
gc.collect()
gc.freeze()
gc.enable()
# A page makes tens of thousands of objects and hardly a cycle: to look for some every 700 takes a fifth of the time.
gc.set_threshold(50_000, 20, 100)
