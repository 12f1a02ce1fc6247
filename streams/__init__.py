"""streams carries: feeds, the one-process runner and the commands. It decides nothing about ships."""
