"""Settings written and read are the same; a pipeline is the same from either; each of its stages can be another's."""

import datetime
import json
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid import ANONYMOUS, Pipeline, _plugins
from hybrid.answering.events import ErrorEvent
from hybrid.answering.request import ReplyEnd
from hybrid.claims.judgement import Judgement
from hybrid.config import AnswerSettings, EmbeddingSettings, IndexSettings, LimitSettings, Settings, load_settings
from hybrid.conversation.standalone import Standalone
from hybrid.errors import ConfigError, ContractError, ModelFilesError
from hybrid.evidence import number_evidence
from hybrid.evidence.selection import Selection
from hybrid.server.settings import LoadSettings, OidcSettings, ProxySettings, ServerSettings
from hybrid.sync import SyncReport
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.testing.memory import MemoryConnector

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
names = st.text(string.ascii_letters + string.digits + " ._-", min_size=1, max_size=12)
places = names.map(lambda name: Path("/somewhere") / name)
seconds = st.floats(min_value=1e-3, max_value=1e6)
moments = st.datetimes(timezones=st.just(datetime.UTC))
values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | texts | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
every_settings = st.builds(
    Settings,
    index=st.builds(
        IndexSettings,
        path=places,
        url=st.none() | texts,
        collection=texts,
        grpc=st.booleans(),
        shards=st.integers(1, 64),
        replicas=st.integers(1, 64),
    ),
    embedding=st.builds(EmbeddingSettings, model=texts),
    answer=st.builds(
        AnswerSettings,
        model=texts,
        fallbacks=st.lists(texts, max_size=3).map(tuple),
        api_base=st.none() | texts,
        quantization=st.sampled_from(["nf4", "bf16", "fp32"]),
        contract=texts,
        adapters=places,
        adapter=st.none() | texts,
        temperature=st.floats(0.0, 2.0),
        seed=st.none() | st.integers(0, 2**31),
        limits=st.builds(LimitSettings, first_token=seconds, idle=seconds, total=seconds),
        refuse_below=st.none() | st.floats(0.0, 1.0),
    ),
    sources=st.lists(
        st.dictionaries(names.filter(lambda name: name != "path"), values, max_size=4)
        | st.fixed_dictionaries({"type": names, "path": places.map(str)}),
        max_size=3,
    ).map(tuple),
    server=st.builds(
        ServerSettings,
        data=places,
        public_url=texts,
        admins=st.lists(texts, max_size=2).map(tuple),
        visitors=st.booleans(),
        api_keys=st.none() | places,
        group_map=st.dictionaries(texts, texts, max_size=2),
        people=st.dictionaries(texts, st.lists(texts, max_size=2).map(tuple), max_size=2),
        sync_every=seconds,
        load=st.builds(LoadSettings, workers=st.integers(1, 64), deadline=seconds, body_seconds=seconds),
        oidc=st.builds(OidcSettings, issuer=texts, algorithms=st.sampled_from([("RS256",), ("ES256", "EdDSA")])),
        proxy=st.builds(ProxySettings, addresses=st.sampled_from([(), ("10.0.0.0/8", "::1")]), user_header=texts),
    ),
)


@given(every_settings)
def test_settings_written_and_read_are_the_same(tmp_path_factory, settings):
    file = tmp_path_factory.getbasetemp() / "hybrid.toml"
    file.write_text(settings.to_toml(), "utf-8")
    assert load_settings(file) == settings


def test_relative_paths_are_read_against_the_folder_of_the_file(tmp_path):
    settings = Settings(sources=({"type": "folder", "path": "docs"},))
    (tmp_path / "hybrid.toml").write_text(settings.to_toml())
    loaded = load_settings(tmp_path / "hybrid.toml")
    assert (loaded.index.path, loaded.sources[0]["path"]) == (tmp_path / ".hybrid", str(tmp_path / "docs"))


CONTRACT = """
from typing import Annotated, Literal
from pydantic import BaseModel, Field
from hybrid.contract import Quote

class Short(BaseModel):
    status: Literal["answered", "refused"]
    facts: Annotated[tuple[Quote, ...], Field(max_length=1)]

class Chosen(BaseModel):
    status: Literal["answered", "refused"]
    tone: Literal["kind", "strict"]
    facts: Annotated[tuple[Quote, ...], Field(max_length=1)]

def no_class():
    pass
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module with contracts, beside the configuration."""
    (tmp_path / "house_contracts.py").write_text(CONTRACT)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "refunds.md").write_text("# Refunds\n\nRefunds are paid within 5 working days.\n")
    return Settings(
        index=IndexSettings(path=tmp_path / "index"),
        answer=AnswerSettings(refuse_below=0.25, seed=7, limits=LimitSettings(total=30.0)),
        sources=({"type": "folder", "name": "docs", "path": str(tmp_path / "docs"), "default_readers": ["public"]},),
    )


def answering(settings, **changes):
    return settings.model_copy(update={"answer": settings.answer.model_copy(update=changes)})


def seen(pipeline):
    """What decides how a pipeline answers, and what it answers."""
    composer = pipeline.composer
    pipeline.sync()
    answer = pipeline.ask("When are refunds paid?", principal=ANONYMOUS)
    return (
        pipeline.settings,
        pipeline.connectors,
        composer.style,
        composer.limits,
        composer.refuse_below,
        composer.model.name,
        composer.contract.hash,
        replace(answer, timings={}, trace_id="", data=None),
    )


@pytest.mark.parametrize("contract", ["hybrid.contract:SupportReply", "house_contracts:Short"])
def test_a_pipeline_from_python_and_from_its_file_are_the_same(settings, module, tmp_path, contract):
    settings = answering(settings, contract=contract, adapters=tmp_path / "adapters")
    settings = settings.model_copy(update={"server": ServerSettings(data=tmp_path / "server")})
    with Pipeline.from_settings(settings) as composed:
        in_python = seen(composed)
    (tmp_path / "hybrid.toml").write_text(settings.to_toml())
    with Pipeline.from_config(tmp_path / "hybrid.toml") as read:
        assert seen(read) == in_python
    assert in_python[-1].text == "Refunds are paid within 5 working days. [1]"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"contract": "house_contracts:Missing"}, ConfigError, "contract 'house_contracts:Missing' cannot be loaded"),
        ({"contract": "no_such_module:Reply"}, ConfigError, "write it as module:Class"),
        ({"contract": "SupportReply"}, ConfigError, "write it as module:Class"),
        ({"contract": ""}, ConfigError, "write it as module:Class"),
        ({"contract": "house_contracts:no_class"}, ConfigError, "is no class"),
        ({"contract": "pathlib:Path"}, ContractError, "pydantic"),
        ({"contract": "house_contracts:Chosen"}, ContractError, "Chosen.tone needs a choice"),
        ({"model": "gpt"}, ConfigError, "model 'gpt' is unknown"),
        ({"adapter": "kind"}, ConfigError, "adapter 'kind' needs a local model"),
    ],
)
def test_what_cannot_be_kept_is_refused_when_the_pipeline_is_made(settings, module, changes, error, message):
    with pytest.raises(error, match=message) as raised:
        Pipeline.from_settings(answering(settings, **changes))
    assert "\n" not in str(raised.value)


def test_a_refused_configuration_holds_no_index(settings):
    with pytest.raises(ConfigError):
        Pipeline.from_settings(answering(settings, model="gpt"))
    Pipeline.from_settings(settings).close()


def test_the_rankers_files_are_checked_before_the_first_answer_and_not_before(settings, monkeypatch):
    def changed(answer):
        raise ModelFilesError("the weights of 'evidence-ranker@1' were changed")

    monkeypatch.setattr(_plugins, "ranker", changed)
    with Pipeline.from_settings(settings) as pipeline:
        pipeline.sync()
        assert pipeline.search("When are refunds paid?", principal=ANONYMOUS).passages
        for _ in range(2):
            with pytest.raises(ModelFilesError, match="were changed"):
                pipeline.ask("When are refunds paid?", principal=ANONYMOUS)
        *_, last = pipeline.stream("When are refunds paid?", principal=ANONYMOUS)
        assert isinstance(last, ErrorEvent)


class TheirKnowledge(WordOverlapKnowledge):
    """Somebody's own knowledge."""

    def plan(self, connectors, *, accept_empty=()):
        return self.sync(connectors)

    def sync(self, connectors, *, progress=None, accept_empty=()):
        listed = [each.read(entry) for each in connectors for entry in each.list().entries]
        self.__init__(listed)
        return SyncReport(outcomes=(), counts={})

    def close(self):
        pass


class TheirModel:
    name = "theirs-1"

    def reply(self, request):
        yield request.contract.compose("answered", [request.evidence[-1].id])
        yield ReplyEnd(model=self.name)


class TheirSelector:
    def select(self, question, passages):
        return Selection(evidence=tuple(number_evidence(passages)), support=1.0)


class TheirJudge:
    def judge(self, claim, cited):
        return Judgement(supported=False, reason="never")


class TheirRewriter:
    def standalone(self, question, earlier):
        return Standalone(question=f"{question} cheque")


@pytest.fixture
def theirs():
    pages = ["Refunds are paid within 5 days.", "Late ones come by cheque."]
    documents = {f"{n}.md": public_document(f"{n}.md", page, source="memory") for n, page in enumerate(pages)}
    pipeline = Pipeline(knowledge=TheirKnowledge([]), connectors=[MemoryConnector(documents=documents)])
    pipeline.composer = replace(pipeline.composer, refuse_below=0.0)
    pipeline.sync()
    return pipeline


def test_a_pipeline_works_on_somebodys_own_knowledge_and_connector(theirs):
    assert theirs.settings is None
    assert theirs.ask("refunds", principal=ANONYMOUS).text == "Refunds are paid within 5 days. [1]"


def test_model_and_selector_can_be_somebodys_own(theirs):
    theirs.composer = replace(theirs.composer, model=TheirModel(), selector=TheirSelector())
    answer = theirs.ask("refunds late", principal=ANONYMOUS)
    assert (answer.model, answer.support) == ("theirs-1", 1.0)
    assert answer.citations[0].document_id == answer.passages[-1].document_id


def test_the_rewriter_can_be_somebodys_own(theirs):
    theirs.rewriter = TheirRewriter()
    answer = theirs.ask("late", principal=ANONYMOUS)
    assert answer.citations[0].quote == "Late ones come by cheque."


class Claiming(TheirModel):
    def reply(self, request):
        claim = {"text": "Refunds are paid within 5 days.", "evidence": [request.evidence[0].id]}
        reply = {"status": "answered", "opening": "", "evidence": [claim], "closing": ""}
        yield json.dumps(reply)
        yield ReplyEnd(model=self.name)


def test_the_judge_of_claims_can_be_somebodys_own(theirs):
    theirs.composer = replace(theirs.composer, model=Claiming())
    assert theirs.ask("refunds", principal=ANONYMOUS).checks[0].verdict == "supported"
    theirs.composer = replace(theirs.composer, judge=TheirJudge())
    answer = theirs.ask("refunds", principal=ANONYMOUS)
    assert answer.checks[0].verdict == "repaired"
    assert answer.text == "Refunds are paid within 5 days. [1]"
