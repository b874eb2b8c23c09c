"""What hybrid-mini learns to do: point at the evidence that answers, refuse, ask back."""
