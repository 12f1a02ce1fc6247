"""`python -m streams.cli`: sealane, by the very Python that runs this one."""

from streams.cli import main

main()
