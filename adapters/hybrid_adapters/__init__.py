"""Adapters: behaviour as versioned LoRA weights on a local model."""
