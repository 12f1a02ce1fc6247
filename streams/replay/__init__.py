"""replay: recordings read twice, first to learn whom to follow, then to hear every line."""
