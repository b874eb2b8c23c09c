"""An estimate of tokens that needs no tokenizer, so that chunks do not depend on the embedding model.

Words count one for each eight letters, numbers one for each three digits, everything else (punctuation, Chinese and
Japanese characters) one each. The mean is within 10 % of what the tokenizer of all-MiniLM-L6-v2 counts on prose,
documentation and code, at twelve times its speed (``docs/decisions/0002-chunking.md``).
"""

from __future__ import annotations

import re

TOKEN = re.compile(r"[^\W\d_\u3040-\u9fff\uac00-\ud7af]{1,8}|\d{1,3}|\S")
"""One estimated token; never crosses whitespace, so that counts of neighbours add up."""


def count_tokens(text: str) -> int:
    """Return about how many tokens an embedding model makes of a text."""
    return len(TOKEN.findall(text))
