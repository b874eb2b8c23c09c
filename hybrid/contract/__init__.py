"""Output contracts: what an answer must look like, as a pydantic model whose facts are pointers to evidence."""

from hybrid.contract.contract import Contract
from hybrid.contract.slots import Claim, Phrase, Quote
from hybrid.contract.support_reply import SupportReply

__all__ = ["Claim", "Contract", "Phrase", "Quote", "SupportReply"]
