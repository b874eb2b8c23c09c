"""Experiments: two or more versions of a voice side by side, each person always with the same one."""
