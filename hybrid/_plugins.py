"""Finding the other packages by name, so that the core imports none of them."""

from __future__ import annotations

import difflib
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from hybrid.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from hybrid.config import Settings
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
    kind, _, _ = settings.answer.model.partition(":")
    if kind not in _MODELS:
        raise ConfigError(
            f"model {settings.answer.model!r} is unknown; write extractive, local:FOLDER or remote:NAME under [answer]"
        )
    return load(_MODELS[kind])(settings)


def ranker() -> Ranker | None:
    """Return the bundled evidence ranker, or None where the packages that it needs are not installed.

    Raises:
        ModelFilesError: Its files were changed, or belong to another base than the installed one.
    """
    try:
        return load("hybrid_adapters.ranker:load_ranker")()
    except (ModuleNotFoundError, MissingExtraError):
        return None
