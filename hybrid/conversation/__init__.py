"""Several questions of one person, each completed from the ones before it."""

from hybrid.conversation.conversation import Conversation
from hybrid.conversation.standalone import Rewriter, Standalone

__all__ = ["Conversation", "Rewriter", "Standalone"]
