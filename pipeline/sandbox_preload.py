"""Imported by the fork server of the sandbox, and only there: loads what every extraction process needs, once."""

from transforms.enrich import warm_up

warm_up()
