"""Sync: plan what changed, apply it, survive being killed at any moment."""
