"""``hybrid.toml``: the settings of a pipeline, checked, with every path resolved against the file's folder."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hybrid._plugins import connector_class
from hybrid.errors import ConfigError
from hybrid.experiments.settings import ExperimentSettings
from hybrid.protocols import Connector
from hybrid.server.settings import ServerSettings

DEFAULT_FILE = "hybrid.toml"
DEFAULT_MODEL = "extractive"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexSettings(_Table):
    """Where the index lives."""

    path: Path = Path(".hybrid")
    """Folder of the journal and, unless ``url`` is set, of the embedded engine."""

    url: str | None = None
    """A Qdrant server or cluster instead of the embedded engine; the API key comes from ``QDRANT_API_KEY``."""

    collection: str = "hybrid"
    """Name of the collection on the server."""

    grpc: bool = False
    """Whether to speak gRPC with the server."""

    shards: int = Field(default=1, ge=1)
    """Number of shards of a new collection."""

    replicas: int = Field(default=1, ge=1)
    """Number of copies of each shard."""


class EmbeddingSettings(_Table):
    """Which model makes the vectors."""

    model: str = "minilm"
    """``minilm`` (packaged, offline) or the name or folder of any sentence-transformers model."""


class LimitSettings(_Table):
    """How long a model may take, in seconds."""

    first_token: float = Field(default=10.0, gt=0)
    """Until the first piece of the reply."""

    idle: float = Field(default=10.0, gt=0)
    """Between two pieces."""

    total: float = Field(default=60.0, gt=0)
    """For the whole reply, waiting in a queue included."""


class AnswerSettings(_Table):
    """How answers are given."""

    model: str = DEFAULT_MODEL
    """``extractive`` (no language model), ``local:hybrid-mini`` (bundled), ``local:FOLDER`` for any of Hugging Face,
    ``remote:NAME`` for one through LiteLLM; ``auto`` is the bundled one where it is installed, else extractive."""

    fallbacks: tuple[str, ...] = ()
    """Names of remote models to ask, in order, when the first fails."""

    api_base: str | None = None
    """Address of the service that has the remote model, where it is not the provider's; fallbacks do not use it."""

    quantization: Literal["nf4", "bf16", "fp32"] = "nf4"
    """How a local model's weights are held."""

    contract: str = "hybrid.contract:SupportReply"
    """What answers look like, as ``module:Class``."""

    adapters: Path = Path("adapters")
    """Folder of the registry that keeps the adapters of a local model."""

    adapter: str | None = None
    """Adapter that a local model speaks with: ``support-voice`` is its version in service, ``support-voice@2`` one."""

    ranker: str | None = None
    """Evidence ranker of the registry, tuned on golden questions; when left out, the bundled one."""

    evidence_prior: float | None = Field(default=None, ge=0.0, le=100.0)
    """How much the evidence's scores weigh in a local model's choice; when left out, what suits the bundled model, and
    for any other 0: it then chooses alone."""

    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    """0 takes the likeliest token each time."""

    seed: int | None = None
    """Seed of sampled replies."""

    limits: LimitSettings = LimitSettings()
    """How long a model may take."""

    experiment: ExperimentSettings | None = None
    """Adapter versions that ``hybrid serve`` compares among those who ask."""

    refuse_below: float | None = Field(default=None, ge=0.0, le=1.0)
    """Support below which a question is refused; when left out, what ``hybrid recall-check`` calibrated."""


class DataSettings(_Table):
    """What the rows that adapters are trained on are held against."""

    eras: tuple[str, ...] = ()
    """The policy eras that there are, oldest first; a row of any other is a mistake. None given means any."""


class Settings(_Table):
    """A whole ``hybrid.toml``."""

    index: IndexSettings = IndexSettings()
    """Where the index lives."""

    embedding: EmbeddingSettings = EmbeddingSettings()
    """Which model makes the vectors."""

    answer: AnswerSettings = AnswerSettings()
    """How answers are given."""

    data: DataSettings = DataSettings()
    """What training rows are held against."""

    sources: tuple[dict[str, Any], ...] = ()
    """One table for each source: ``type``, ``name`` and the connector's own fields."""

    server: ServerSettings = ServerSettings()
    """How ``hybrid serve`` serves."""

    def without_model(self) -> Settings:
        """Return the settings with the built-in extractive model: for what asks nothing, or checks retrieval alone."""
        built_in = AnswerSettings()
        unvoiced = {"model": "extractive", "adapter": None, "experiment": None, "fallbacks": ()}
        changes = {**unvoiced, "contract": built_in.contract}
        return self.model_copy(update={"answer": self.answer.model_copy(update=changes)})

    def to_toml(self) -> str:
        """Return the text of a ``hybrid.toml`` that says all of this, defaults included; relative paths stay so."""
        from hybrid._toml import to_toml

        return to_toml(self.model_dump())


def load_settings(path: Path, *, folder: Path | None = None) -> Settings:
    """Return the settings of a file.

    Args:
        path: The file.
        folder: What its relative paths are relative to; its own folder, when left out.

    Raises:
        ConfigError: The file is absent, no TOML, or says something unknown; the message names the key.
    """
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except FileNotFoundError:
        raise ConfigError(f"{str(path)!r} does not exist; run: hybrid init DIR, or pass --config FILE") from None
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}; mend the file") from None
    settings = _validated(TypeAdapter(Settings), found, path.name)
    for named in (settings.index.path, *(table.get("path") for table in settings.sources)):
        if "\0" in str(named):
            raise ConfigError(f"{path.name}: path {str(named)!r} holds a NUL character, which no path can; correct it")
    return _resolved(settings, folder or path.absolute().parent)


def build_connectors(settings: Settings) -> tuple[Connector, ...]:
    """Return the connectors of the settings' sources.

    Raises:
        ConfigError: A source has no type, an unknown one, or settings its connector does not know.
    """
    return tuple(_connector(table) for table in settings.sources)


def _connector(table: Mapping[str, Any]) -> Connector:
    kind = table.get("type")
    if not isinstance(kind, str):
        raise ConfigError(f'source {table.get("name", "?")!r} has no type; add a line such as type = "folder"')
    fields = {key: value for key, value in table.items() if key != "type"}
    fields.setdefault("name", kind)
    return _validated(TypeAdapter(connector_class(kind)), fields, f"source {fields['name']!r}")


def _resolved(settings: Settings, folder: Path) -> Settings:
    index = settings.index.model_copy(update={"path": folder / settings.index.path})
    sources = tuple(
        {**table, "path": str(folder / table["path"])} if isinstance(table.get("path"), str) else table
        for table in settings.sources
    )
    local = {"model": _resolved_model(settings.answer.model, folder), "adapters": folder / settings.answer.adapters}
    answer = settings.answer.model_copy(update=local)
    server = settings.server.resolved(folder)
    return settings.model_copy(update={"index": index, "answer": answer, "sources": sources, "server": server})


def _resolved_model(model: str, folder: Path) -> str:
    """Return a local model with its folder's path; a name that is no folder here is one of a model that is known."""
    kind, _, name = model.partition(":")
    return f"{kind}:{folder / name}" if kind == "local" and name and (folder / name).is_dir() else model


def _validated(adapter: TypeAdapter[Any], found: object, where: str) -> Any:
    try:
        return adapter.validate_python(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        raise ConfigError(f"{where}: {key}: {first['msg'].lower()}; see the configuration page of the docs") from None
