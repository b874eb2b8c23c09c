"""The routes, one subject in each module; each has a ``router`` that ``hybrid.server.app`` includes."""
