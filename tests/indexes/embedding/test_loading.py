"""Any model: converted where that is sound, by torch where not, and always the variant that was asked for."""

import numpy as np
import pytest

from hybrid.errors import ConfigError, EmbeddingError
from hybrid.testing.embedders import EmbedderContract
from hybrid_indexes.embedding import load_embedder, measurement

TEXTS = ["the plan cost ten euro", "refund the invoice, wait a day: backup table row", "bolt"]


@pytest.fixture(scope="module")
def converted(tiny_model, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HYBRID_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield load_embedder(str(tiny_model), "fp32")


class TestConvertedModel(EmbedderContract):
    @pytest.fixture
    def embedder(self, converted):
        return converted


class TestTorchModel(EmbedderContract):
    @pytest.fixture
    def embedder(self, tiny_model):
        return load_embedder(str(tiny_model), "torch-bf16")


def test_conversion_keeps_the_vectors(converted, tiny_model):
    original = load_embedder(str(tiny_model), "torch-fp32")
    assert np.allclose(converted.embed_documents(TEXTS), original.embed_documents(TEXTS), atol=1e-5)
    assert np.allclose(converted.embed_query(TEXTS[0]), original.embed_query(TEXTS[0]), atol=1e-5)


def test_the_choice_is_measured_once_and_kept(tiny_model, empty_cache):
    assert measurement(str(tiny_model)) is None
    first = load_embedder(str(tiny_model))
    found = measurement(str(tiny_model))
    assert found is not None
    assert [figures.variant for figures in found.variants] == ["int8", "fp32"]
    assert found.chosen == first.variant == max(found.variants, key=lambda f: f.passes * f.texts_per_second).variant
    assert load_embedder(str(tiny_model)).fingerprint == first.fingerprint


@pytest.mark.parametrize("variant", ["int8", "fp32", "torch-fp32"])
def test_a_named_variant_comes_back_bit_for_bit(tiny_model, empty_cache, variant):
    first, second = (load_embedder(str(tiny_model), variant) for _ in range(2))
    assert first.fingerprint == second.fingerprint
    assert variant in first.fingerprint
    assert np.array_equal(first.embed_documents(TEXTS), second.embed_documents(TEXTS))


def test_a_copy_of_a_model_has_the_same_fingerprint(tiny_model, tmp_path, empty_cache):
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for path in (path for path in tiny_model.rglob("*") if path.is_file()):
        target = copy / path.relative_to(tiny_model)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    first, second = (load_embedder(str(folder), "torch-fp32").fingerprint for folder in (tiny_model, copy))
    assert first == second
    (copy / "tokenizer_config.json").write_text("{}", "utf-8")
    assert load_embedder(str(copy), "torch-fp32").fingerprint != first


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_prompts_of_the_model_are_put_before_the_texts(save_model, empty_cache, pooling):
    folder = str(save_model(pooling=pooling, prompts={"query": "query: ", "passage": "passage: "}))
    converted, original = load_embedder(folder, "fp32"), load_embedder(folder, "torch-fp32")
    assert np.allclose(converted.embed_query("plan"), original.embed_query("plan"), atol=1e-5)
    assert np.allclose(converted.embed_documents(["plan"]), original.embed_documents(["plan"]), atol=1e-5)
    assert not np.allclose(converted.embed_query("plan"), converted.embed_documents(["plan"])[0], atol=1e-2)


def test_texts_beyond_the_limit_are_cut(converted):
    start = "plan " * converted.max_tokens
    rows = converted.embed_documents([start, start + "refund " * 5000])
    assert np.array_equal(rows[0], rows[1])


@pytest.mark.parametrize("special", [{"pooling": "max"}, {"causal": True}])
def test_models_that_conversion_would_change_stay_on_torch(save_model, empty_cache, special):
    folder = str(save_model(**special))
    assert load_embedder(folder).variant.startswith("torch-")
    with pytest.raises(EmbeddingError, match=r"cannot be converted to variant 'int8'.*torch-bf16"):
        load_embedder(folder, "int8")


def test_an_unknown_variant_is_refused_with_the_known_ones(tiny_model):
    with pytest.raises(ConfigError, match=r"'int4' is unknown.*int8, fp32"):
        load_embedder(str(tiny_model), "int4")


def test_pickled_weights_are_refused(tiny_model, tmp_path):
    (tmp_path / "config.json").write_bytes((tiny_model / "config.json").read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    with pytest.raises(ConfigError, match="not safetensors"):
        load_embedder(str(tmp_path))


def test_a_model_with_code_of_its_own_is_refused_and_its_code_not_run(tiny_model, tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((tiny_model / name).read_bytes())
    (tmp_path / "own_code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", "utf-8")
    modules = '[{"idx": 0, "name": "0", "path": "", "type": "own_code.Encoder"}]'
    (tmp_path / "modules.json").write_text(modules, "utf-8")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        load_embedder(str(tmp_path), "torch-fp32")
    assert not (tmp_path / "ran").exists()


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="holds no model"):
        load_embedder(str(tmp_path))


def test_a_name_that_is_no_model_is_refused_without_a_network():
    with pytest.raises(ConfigError, match=r"'no/such/model' is neither.*'minilm', which needs no network"):
        load_embedder("no/such/model")
