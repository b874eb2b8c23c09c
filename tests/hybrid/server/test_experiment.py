"""Who is answered by which variant, and what is remembered of it."""

from collections import Counter

import pytest

from hybrid.answering.assembly import default_composer
from hybrid.answering.request import ReplyEnd
from hybrid.config import AnswerSettings, IndexSettings, Settings
from hybrid.errors import ConfigError
from hybrid.experiments.answers import load_answers
from hybrid.experiments.assignment import variant_of
from hybrid.experiments.settings import ExperimentSettings
from hybrid.pipeline import Pipeline
from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
from hybrid.types import Principal

QUESTION = "When are refunds paid?"
EXPERIMENT = ExperimentSettings(name="warmth", variants={"none": 0.5, "warm@2": 0.5})
PEOPLE = {f"user-{number}": () for number in range(12)}


class Voiced:
    """A model that names in its replies the adapter that it was asked for."""

    name = "base-1"
    adapters = ("warm",)

    def reply(self, request):
        yield request.contract.compose("answered", [request.evidence[0].id])
        yield ReplyEnd(model=f"{self.name}+{request.style.adapter}" if request.style.adapter else self.name)


def pipeline(folder, *, model=None, experiment=EXPERIMENT):
    knowledge = WordOverlapKnowledge([public_document("refunds.md", "Refunds are paid within 5 working days.")])
    made = Pipeline(knowledge=knowledge, composer=default_composer(knowledge, model=model, refuse_below=0.0))
    answer = AnswerSettings(adapters=folder / "adapters", experiment=experiment)
    made.settings = Settings(answer=answer, index=IndexSettings(path=folder / "index"))
    return made


@pytest.fixture
def server(make, tmp_path):
    (tmp_path / "adapters" / "warm" / "2").mkdir(parents=True)
    return make(pipeline=pipeline(tmp_path, model=Voiced()), people=PEOPLE)


def test_everybody_is_answered_by_the_variant_they_are_drawn_into(server, tmp_path):
    spoken = {}
    for user in PEOPLE:
        first, again = (server.ask(QUESTION, who=user).json() for _ in range(2))
        assert first["adapter"] == again["adapter"]
        spoken[user] = first["adapter"] or "none"
    assert spoken == {user: variant_of(EXPERIMENT, Principal(user=user)) for user in PEOPLE}
    assert set(spoken.values()) == {"none", "warm@2"}
    kept = load_answers(tmp_path / ".hybrid-server", "warmth")
    assert Counter((each.user, each.variant) for each in kept) == {(user, spoken[user]): 2 for user in PEOPLE}
    assert load_answers(tmp_path / ".hybrid-server", "another") == []


def test_a_stream_takes_part(server, tmp_path):
    server.ask(QUESTION, who="user-1", stream=True)
    assert len(load_answers(tmp_path / ".hybrid-server", "warmth")) == 1


def test_who_names_a_model_has_chosen_and_takes_no_part(server, tmp_path):
    for model in ("warm", "base-1"):
        assert server.ask(QUESTION, who="user-1", model=model).status_code == 200
    assert load_answers(tmp_path / ".hybrid-server", "warmth") == []


def test_visitors_get_what_is_configured_and_take_no_part(make, tmp_path):
    (tmp_path / "adapters" / "warm" / "2").mkdir(parents=True)
    server = make(dev=False, visitors=True, pipeline=pipeline(tmp_path, model=Voiced()))
    assert {server.ask(QUESTION).json()["adapter"] for _ in range(4)} == {None}
    assert load_answers(tmp_path / ".hybrid-server", "warmth") == []


def test_ratings_and_wishes_for_a_person_are_read_with_the_answers(server, tmp_path):
    for user, reason in (("user-1", "too long"), ("user-2", "Asks for a person: call me")):
        trace = server.ask(QUESTION, who=user).json()["trace_id"]
        server.post("/api/feedback", {"trace_id": trace, "rating": "down", "reason": reason}, who=user)
    kept = load_answers(tmp_path / ".hybrid-server", "warmth")
    said = {each.user: (each.rating, each.person) for each in kept}
    assert said == {"user-1": ("down", False), "user-2": ("down", True)}


def test_an_adapter_that_is_not_there_is_refused_at_start(make, tmp_path):
    with pytest.raises(ConfigError, match="names 'warm@2', which is not in"):
        make(pipeline=pipeline(tmp_path, model=Voiced()))


def test_a_model_without_adapters_cannot_be_compared(make, tmp_path):
    with pytest.raises(ConfigError, match="extractive-3 takes none"):
        make(pipeline=pipeline(tmp_path))
