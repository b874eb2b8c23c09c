"""Training rows, built out of authored examples by the pipeline that serves."""
