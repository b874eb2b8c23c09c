"""The web page: a few static files without a build step, and the routes that serve them."""
