"""hybrid-mini: the small language model that comes with the package."""

from hybrid_adapters.mini._folder import NAME, mini_folder

__all__ = ["NAME", "mini_folder"]
