"""streams carries: feeds, the one-process runner and the commands. It decides nothing about ships."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: its algebra is not asked here, and its threads spin
