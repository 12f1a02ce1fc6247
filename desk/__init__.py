"""desk shows: the room of the web page and its HTTP API."""
