"""corridor: the files of an operator, read into what a corridor is followed, judged and shown by."""
