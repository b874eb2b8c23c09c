"""The way from a command to the server that holds the index: a socket for the same user of the system alone."""
