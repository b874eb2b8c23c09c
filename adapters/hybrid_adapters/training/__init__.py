"""Training: a recipe and reviewed rows become an adapter that is bound to everything it was made for."""

from hybrid_adapters.training.recipe import Recipe, load_recipe

__all__ = ["Recipe", "load_recipe"]
