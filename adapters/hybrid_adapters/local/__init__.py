"""Any causal Hugging Face model on this machine, replying by contract, in the voice of an adapter."""

from hybrid_adapters.local.adapters import Adapter
from hybrid_adapters.local.model import LocalModel

__all__ = ["Adapter", "LocalModel"]
