"""The model that is trained on: loaded as serving loads it, and made ready to carry gradients."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hybrid.errors import ConfigError, MissingExtraError, ModelFilesError, TrainingError
from hybrid_adapters.local._files import model_folder
from hybrid_adapters.local._loading import Loaded, Quantization, load
from hybrid_adapters.training.recipe import Method, Recipe, Tracker
from hybrid_adapters.untrusted import read_settings

_HELD: dict[Method, Quantization] = {"qlora": "nf4", "dpo": "nf4", "lora": "bf16", "full": "fp32", "pretrain": "fp32"}


def quantization_of(method: Method) -> Quantization:
    """Return how a method holds the base's weights; an adapter is served as it was trained."""
    return _HELD[method]


def load_base(recipe: Recipe) -> tuple[Path, Loaded]:
    """Return the folder and the model of a recipe's base, ready to be trained.

    Raises:
        ModelFilesError: The folder is unsafe, incomplete, no causal model, or has no chat template.
        MissingExtraError: The packages for it are not installed.
    """
    folder = model_folder(recipe.base)
    if recipe.makes_model and "quantization_config" in read_settings(folder / "config.json"):
        raise ModelFilesError(
            f"{folder} holds quantised weights, of which method {recipe.method!r} would train only the rest; take a "
            'base in full precision, or method = "qlora"'
        )
    loaded = load(folder, quantization_of(recipe.method))
    ready_for_training(loaded.network)
    loaded.network.requires_grad_(recipe.makes_model)
    return folder, loaded


def ready_for_training(network: Any) -> None:
    """Keep bitsandbytes from repacking 4-bit weights.

    On CPUs with AVX512_BF16, bitsandbytes 0.50 repacks them in place at the first forward pass without gradients, such
    as an evaluation between two steps; from then on, no gradient passes through them.
    """
    for module in network.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def check_not_repacked(network: Any) -> None:
    """Return if gradients pass through every 4-bit weight.

    Raises:
        TrainingError: bitsandbytes repacked some all the same.
    """
    for name, weights in network.named_parameters():
        if getattr(getattr(weights, "quant_state", None), "packing_format_for_cpu", False):
            raise TrainingError(
                f"bitsandbytes repacked {name} for inference, so that no gradient passes through it; report this with "
                "the versions of bitsandbytes and peft"
            )


def check_tracker(tracker: Tracker) -> None:
    """Return if losses can be sent where a recipe says.

    Raises:
        MissingExtraError: trackio is not installed.
        ConfigError: mlflow is not installed.
    """
    from importlib.util import find_spec

    if tracker == "none" or find_spec(tracker) is not None:
        return
    if tracker == "trackio":
        raise MissingExtraError(feature='report_to = "trackio"', extra="track")
    raise ConfigError(f"report_to = {tracker!r} needs the package {tracker}; install it, or leave report_to out")


@contextmanager
def quiet_libraries() -> Generator[None]:
    """Keep the libraries' progress bars, warnings and telemetry from the terminal and the network while it lasts.

    Raises:
        MissingExtraError: They are not installed.
    """
    import os
    import warnings

    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        import datasets  # pyright: ignore[reportMissingTypeStubs]
        import trl as _  # noqa: F401
        from transformers.utils import logging
    except ImportError:
        raise MissingExtraError(feature="the training of adapters", extra="train") from None
    level, bars, tables = (
        logging.get_verbosity(),
        logging.is_progress_bar_enabled(),
        datasets.are_progress_bars_disabled(),
    )
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
        if not tables:
            datasets.enable_progress_bars()
