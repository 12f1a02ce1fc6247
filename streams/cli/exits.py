"""With what a command ends: 0 is fine. As shells have it, 128 and the signal's number where one ended it."""

import signal

EXIT_FAILED, EXIT_WRONG_USAGE = 1, 2
EXIT_BY_SIGNAL = 128
EXIT_TERMINATED = EXIT_BY_SIGNAL + signal.SIGTERM
