from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).parent.parent

# Machines are shared: no deadline for an example, and the same examples every time.
settings.register_profile("khabar", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("khabar")
