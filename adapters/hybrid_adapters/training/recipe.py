"""A recipe: what is trained, on what, and how; a TOML file that is kept beside the rows."""

from __future__ import annotations

import hashlib
import json
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, ValidationError

from hybrid.errors import ConfigError

Method = Literal["qlora", "lora", "full", "dpo", "pretrain", "ranker"]
"""``qlora`` trains an adapter on a base in 4 bits, ``lora`` on one in 16, ``full`` all weights; ``dpo`` learns from
preferences on a base in 4 bits; ``pretrain`` goes on reading raw text with all weights; ``ranker`` goes on training the
evidence ranker on golden questions."""

Tracker = Literal["none", "trackio", "mlflow"]
"""Where losses are sent besides the adapter's folder."""


class Recipe(BaseModel):
    """Settings of a training. What is left out is chosen by method and by the size of the base.

    Example:
        >>> Recipe(name="support-voice", rows="rows.jsonl").method
        'qlora'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$")]
    """Name in the registry: small letters, digits, full stops, dashes and underscores."""

    base: str = "hybrid-mini"
    """``hybrid-mini``, a folder, or the name of a model in the local Hugging Face cache."""

    method: Method = "qlora"
    """How it is trained."""

    rows: Path
    """Chat rows, preference pairs, or text, as the method needs; relative to the recipe."""

    contract: str = "hybrid.contract:SupportReply"
    """What replies look like, as ``module:Class``."""

    instructions: str | None = None
    """How the voice is told to speak; what the rows' card says, when left out."""

    rank: PositiveInt = 16
    """Rank of the adapter's matrices."""

    alpha: PositiveInt = 32
    """The adapter's effect is multiplied by alpha / rank."""

    epochs: PositiveFloat | None = None
    """How often each row is read."""

    learning_rate: PositiveFloat | None = None
    """Highest rate; it warms up over the first twentieth of the steps and falls as a cosine."""

    batch: PositiveInt | None = None
    """Rows between two updates of the weights."""

    max_length: PositiveInt | None = None
    """Most tokens of a row; the base's context, when left out. A longer row is an error, never cut."""

    packing: bool | None = None
    """Whether several rows share one sequence; on a GPU, when left out."""

    beta: PositiveFloat = 0.1
    """Of ``dpo``: how dearly the model pays for leaving the base."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Decides the first weights of the adapter and the order of the rows."""

    report_to: Tracker = "none"
    """Where losses are sent besides the adapter's folder."""

    output: Path | None = None
    """Of ``full`` and ``pretrain``: folder of the model that is made; ``models/NAME`` beside the recipe by default."""

    @property
    def makes_model(self) -> bool:
        """Whether a whole model comes out, not an adapter."""
        return self.method in ("full", "pretrain")

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of all settings but where results go."""
        settings = self.model_dump(mode="json", exclude={"report_to", "output"})
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def load_recipe(path: Path) -> Recipe:
    """Return the recipe of a file, with its paths resolved against the file's folder.

    Raises:
        ConfigError: The file is absent, no TOML, or says something unknown; the message names the nearest known key.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"recipe {str(path)!r} cannot be read ({error.strerror}); name an existing file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}; mend the file") from None
    try:
        recipe = Recipe.model_validate(found)
    except ValidationError as error:
        raise ConfigError(f"{path.name}: {_first_fault(error)}") from None
    return _resolved(recipe, path.absolute().parent)


def _resolved(recipe: Recipe, folder: Path) -> Recipe:
    base = str(folder / recipe.base) if (folder / recipe.base).is_dir() else recipe.base
    output = folder / (recipe.output or Path("models") / recipe.name)
    paths = {"rows": folder / recipe.rows, "base": base, "output": output if recipe.makes_model else None}
    return recipe.model_copy(update=paths)


def _first_fault(error: ValidationError) -> str:
    faults = error.errors(include_url=False)
    # A key that is missing may only be misspelt.
    fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(key, Recipe.model_fields, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(Recipe.model_fields)}"
        return f"key {key!r} is unknown; {hint}"
    if fault["type"] == "missing":
        return f"key {key!r} is missing; add it"
    return f"{key}: {fault['msg'][:1].lower()}{fault['msg'][1:]}, got {str(fault['input'])[:60]!r}; correct it"
