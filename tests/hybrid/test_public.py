"""The public face: what is exported, that it loads lazily, that every example in docstrings and README runs."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import hybrid
import hybrid_adapters
import hybrid_connectors
import hybrid_indexes

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "llama_index", "litellm", "qdrant_client", "qdrant_edge", "onnxruntime", "numpy")


def modules() -> list[str]:
    found = [
        each.name
        for package in (hybrid, hybrid_connectors, hybrid_indexes, hybrid_adapters)
        for each in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    ]
    return [name for name in found if not name.endswith(("__main__", "._optimize", "._worker"))]


def own(module: ModuleType, kind: type) -> list[type]:
    return [each for each in vars(module).values() if isinstance(each, kind) and each.__module__ == module.__name__]


def test_all_names_exist_and_nothing_else_is_public() -> None:
    assert sorted(hybrid.__all__) == sorted(set(hybrid.__dir__()) - {"__version__"})
    for name in hybrid.__all__:
        assert getattr(hybrid, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Pipelin'"):
        hybrid.Pipelin  # noqa: B018


def test_importing_the_packages_loads_nothing_heavy() -> None:
    names = "hybrid, hybrid_connectors, hybrid_indexes, hybrid_indexes.llamaindex, hybrid_adapters"
    code = f"import sys, {names}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", modules())
def test_docstring_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert failed == 0


def test_public_dataclasses_are_keyword_only_and_frozen() -> None:
    """Values cannot be mixed up by position or changed behind a reader's back."""
    for name in ("hybrid.types", "hybrid.access", "hybrid.protocols", "hybrid.sync", "hybrid.verify"):
        for each in own(importlib.import_module(name), type):
            if dataclasses.is_dataclass(each):
                parameters = each.__dataclass_params__  # type: ignore[attr-defined]
                assert parameters.frozen, each
                assert all(field.kw_only for field in dataclasses.fields(each)), each


def test_every_field_of_a_public_value_is_documented() -> None:
    tree = ast.parse((ROOT / "hybrid" / "types.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for field, after in zip(node.body, [*node.body[1:], None], strict=True):
                if isinstance(field, ast.AnnAssign):
                    assert isinstance(after, ast.Expr), f"{node.name}.{ast.unparse(field.target)} has no docstring"


def test_reads_demand_a_principal() -> None:
    from hybrid.pipeline import Pipeline

    for name in ("search", "ask", "stream", "asearch", "aask", "astream", "source", "recheck", "conversation"):
        principal = inspect.signature(getattr(Pipeline, name)).parameters["principal"]
        assert principal.default is inspect.Parameter.empty
        assert principal.kind is inspect.Parameter.KEYWORD_ONLY


def test_readme_python_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        done = subprocess.run(
            [sys.executable, "-c", block], capture_output=True, text=True, cwd=tmp_path, check=False, timeout=240
        )
        assert done.returncode == 0, done.stderr
        assert "(4, 4) Refunds are paid within 5 working days." in done.stdout or "Refunds are paid" in done.stdout


def test_errors_form_one_tree_with_exit_codes() -> None:
    from hybrid import errors

    for each in own(errors, type):
        assert issubclass(each, errors.HybridError)
        assert each.exit_code in (1, 2)  # type: ignore[attr-defined]
        assert each.__name__ in (errors.__doc__ or "")
