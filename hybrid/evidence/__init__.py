"""From passages to evidence: sentences, rows and items with exact spans, scored, selected and numbered."""

from hybrid.evidence.numbering import number_evidence, split_units

__all__ = ["number_evidence", "split_units"]
