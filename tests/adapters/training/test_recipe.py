"""A recipe says everything once; what it gets wrong is named with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid.errors import ConfigError
from hybrid_adapters.training import Recipe, load_recipe

LEAST = 'name = "voice"\nrows = "rows.jsonl"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "voice.toml"
    path.write_text(text, "utf-8")
    return path


def test_two_lines_are_a_recipe(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, LEAST))
    assert (recipe.base, recipe.method, recipe.rank, recipe.alpha) == ("hybrid-mini", "qlora", 16, 32)
    assert recipe.rows == tmp_path / "rows.jsonl"
    assert recipe.output is None
    assert recipe.report_to == "none"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("learning_rat = 0.1", "key 'learning_rat' is unknown; did you mean 'learning_rate'?"),
        ("zzz = 1", "key 'zzz' is unknown; known are name, base"),
        ('method = "adapter"', "method: input should be 'qlora', 'lora'"),
        ("rank = 0", "rank: input should be greater than 0, got '0'"),
        ("max_length = 0.5", "max_length: input should be a valid integer"),
        ("seed = -1", "seed: "),
    ],
)
def test_a_wrong_key_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_recipe(written(tmp_path, LEAST + line))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"), [("name = ", "mend the file"), ('name = "voice"\n', "key 'rows' is missing")]
)
def test_a_file_that_is_no_recipe_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe(written(tmp_path, text))


def test_a_name_is_a_folder_on_every_system(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"name: string should match pattern .* got 'My/Voice'"):
        load_recipe(written(tmp_path, LEAST.replace("voice", "My/Voice")))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name an existing file"):
        load_recipe(tmp_path / "none.toml")


def test_paths_are_those_beside_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    recipe = load_recipe(written(tmp_path, LEAST + 'base = "base"\nmethod = "full"\n'))
    assert recipe.base == str(tmp_path / "base")
    assert recipe.output == tmp_path / "models" / "voice"


def test_the_hash_is_of_what_decides_the_weights() -> None:
    recipe = Recipe(name="voice", rows=Path("rows.jsonl"))
    assert recipe.hash == Recipe(name="voice", rows=Path("rows.jsonl"), report_to="trackio").hash
    assert recipe.hash != Recipe(name="voice", rows=Path("rows.jsonl"), seed=1).hash
