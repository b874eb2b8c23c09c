"""What a local model reads, without its weights: for rows that are to train it, and for counting."""

from __future__ import annotations

from typing import Any

from hybrid.answering.request import ReplyRequest
from hybrid.errors import MissingExtraError
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._grammar import Grammars
from hybrid_adapters.local._loading import context_of, load_tokenizer
from hybrid_adapters.local._prompts import Prompt, Prompts
from hybrid_adapters.untrusted import refuse_code

REPLY_TOKENS = 512
"""Tokens after which a reply is brought to its end, unless a model is told otherwise."""


class Texts:
    """Makes the prompts that a ``LocalModel`` of the same name makes.

    Args:
        name: Folder of the model, or its name in the local Hugging Face cache.

    Raises:
        ModelFilesError: The folder holds pickles or code, or no tokenizer with a chat template.
        MissingExtraError: The packages for it are not installed.
    """

    def __init__(self, name: str) -> None:
        try:
            import transformers
        except ImportError:
            raise MissingExtraError(feature="a local model", extra="local") from None
        folder = model_folder(name)
        refuse_code(folder)
        auto: Any = transformers.AutoConfig
        config: Any = auto.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = load_tokenizer(folder)
        self.name = folder.name
        """Name of the model."""
        self.prompts = Prompts(tokenizer, context_of(config, tokenizer))
        self._grammars = Grammars(tokenizer, int(config.get_text_config(decoder=True).vocab_size))

    def prompt(self, request: ReplyRequest, *, instructions: str, distilled: bool) -> Prompt:
        """Return the prompt of a request, fitted to the model's context.

        Raises:
            ModelError: The question alone is too long for the model.
        """
        reserve = self._grammars.grammar(request.contract, [unit.id for unit in request.evidence]).reserve
        return self.prompts.prompt(
            request, instructions=instructions, reply=REPLY_TOKENS + reserve, distilled=distilled
        )
