"""hybrid-mini: the small language model that comes with the package."""

from hybrid_adapters.mini._folder import NAME, PRIOR, mini_folder

__all__ = ["NAME", "PRIOR", "mini_folder"]
