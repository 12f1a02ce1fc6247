"""sealane decides: pure rules from a sentence of radio to an alert.

No broker, no store, no clock, no chance, no files: time is an argument. One noun of the glossary a file, and each file
imports only earlier stages of the corridor:

    filter -> sentence -> message -> report (fix, static) -> track -> segment -> port call       stage 1, per MMSI
    identity -> presence -> voyage -> delivery -> tally -> surge -> alert                        stage 2, per corridor
"""

__version__ = "0.1.0"
