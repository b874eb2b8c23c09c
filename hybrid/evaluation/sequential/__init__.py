"""Inference that holds at every look: intervals that may be read each day, and acted on the day they say enough."""
