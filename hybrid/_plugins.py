"""Finding the other packages by name, so that the core imports none of them."""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from hybrid.errors import ConfigError, MissingExtraError, ModelFilesError

if TYPE_CHECKING:
    from hybrid.config import AnswerSettings, Settings
    from hybrid.protocols import Model, Ranker

_BUILT_IN_CONNECTORS = {
    "folder": "hybrid_connectors.folder:Folder",
    "git": "hybrid_connectors.git:GitRepository",
    "jsonl": "hybrid_connectors.jsonl:Jsonl",
    "web": "hybrid_connectors.web:Web",
    "sql": "hybrid_connectors.sql:Sql",
}

_MODELS = {
    "extractive": "hybrid.models.extractive:from_settings",
    "local": "hybrid_adapters.local.model:from_settings",
    "remote": "hybrid.models.remote:from_settings",
}

_LOCAL_PACKAGES = ("bitsandbytes", "llguidance", "peft", "torch", "transformers")


def load(target: str) -> Any:
    """Return the object that ``module:name`` names."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def connector_class(kind: str) -> type[Any]:
    """Return the connector that ``type = kind`` means in a configuration.

    Raises:
        ConfigError: No installed package brings it.
    """
    if kind in _BUILT_IN_CONNECTORS:
        return load(_BUILT_IN_CONNECTORS[kind])
    installed = {point.name: point for point in entry_points(group="hybrid.connectors")}
    if kind in installed:
        return installed[kind].load()
    known = sorted({*installed, *_BUILT_IN_CONNECTORS})
    near = difflib.get_close_matches(kind, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
    raise ConfigError(f"source type {kind!r} is unknown{hint}")


def model(settings: Settings) -> Model:
    """Return the model that ``[answer] model`` means.

    Raises:
        ConfigError: It is of no known kind.
        ModelError: It cannot be loaded.
    """
    name = model_name(settings.answer.model)
    kind, _, _ = name.partition(":")
    if kind not in _MODELS:
        raise ConfigError(
            f"model {name!r} is unknown; write auto, extractive, local:FOLDER or remote:NAME under [answer]"
        )
    answer = settings.answer.model_copy(update={"model": name})
    return load(_MODELS[kind])(settings.model_copy(update={"answer": answer}))


def model_name(wanted: str) -> str:
    """Return what ``auto`` means here: the bundled model where its weights and packages are installed, else extractive.

    Args:
        wanted: What ``[answer] model`` says; anything but ``auto`` means itself.
    """
    if wanted != "auto":
        return wanted
    try:
        load("hybrid_adapters.mini:mini_folder")()
    except (ModuleNotFoundError, ModelFilesError):
        return "extractive"
    return "local:hybrid-mini" if all(map(find_spec, _LOCAL_PACKAGES)) else "extractive"


def ranker(answer: AnswerSettings | None = None) -> Ranker | None:
    """Return the evidence ranker that settings name, else the bundled one, or None where that is not installed.

    Args:
        answer: ``[answer]``; the bundled ranker, when left out.

    Raises:
        ModelFilesError: Its files were changed, belong to another base than the installed one, or it is not there.
        MissingExtraError: A ranker is named, and the packages that it needs are not installed.
    """
    if answer is not None and answer.ranker is not None:
        return load("hybrid_adapters.ranker.serving:ranker_named")(answer.adapters, answer.ranker)
    try:
        return load("hybrid_adapters.ranker:load_ranker")()
    except (ModuleNotFoundError, MissingExtraError):
        return None
