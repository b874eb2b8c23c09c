"""Ways to sign in, one in each module; ``hybrid.server.guards`` asks them in order."""
