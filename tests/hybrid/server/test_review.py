"""What reviewers see of refused, poor and disliked answers, what their decisions write, and who may."""

import json

import pytest

from hybrid.evaluation.golden import load_golden
from hybrid.server.history import remembered
from hybrid.server.retention import Retention

REVIEW = {"reviewers": ["group:support"], "golden": "golden.jsonl", "rows": "rows.jsonl", "low_support": 0.01}
MOON = "How far away is the moon tonight, says ana? Mail me: ana@gmx.de"
DOCUMENTS = ["docs:refunds.md", "docs:goodwill.md", "docs:acme.md"]


@pytest.fixture
def desk(make):
    return make(review=REVIEW | {"owners": {"docs:refunds": "group:billing"}})


def cases(server, *, who="ana", **query):
    answer = server.get("/api/review", who=who, **query)
    assert answer.status_code == 200, answer.text
    return [case for group in answer.json()["groups"] for case in group]


def refused(server, question=MOON, who="ana"):
    answer = server.ask(question, who=who).json()
    assert answer["status"] == "refused"
    return answer["trace_id"]


def decide(server, trace_id, who="ana", **body):
    return server.post(f"/api/review/{trace_id}", body, who=who)


def disliked(server, reason, who="chloe"):
    trace_id = server.ask("When are refunds paid?", who=who).json()["trace_id"]
    server.post("/api/feedback", {"trace_id": trace_id, "rating": "down", "reason": reason}, who=who)
    return trace_id


def test_what_is_refused_or_disliked_comes_with_its_reasons(desk):
    server = desk
    moon, poor = refused(server), disliked(server, "too short")
    person = disliked(server, "Asks for a person: call me")
    found = {case["trace_id"]: case for case in cases(server)}
    assert set(found) == {moon, poor, person}
    assert found[moon]["reasons"] == ["refused"]
    assert (found[poor]["reasons"], found[poor]["words"]) == (["not helpful"], "too short")
    assert (found[person]["reasons"], found[person]["words"]) == (["asks for a person"], "call me")
    assert found[poor]["owner"] == "group:billing"
    assert found[poor]["groups"] == ["customers"]
    assert [place["document"] for place in found[poor]["places"]] == ["docs:refunds.md"]
    assert all("chloe" not in json.dumps(case) for case in found.values())


def test_an_answer_that_is_liked_is_no_case(desk):
    trace_id = desk.ask("When are refunds paid?", who="chloe").json()["trace_id"]
    desk.post("/api/feedback", {"trace_id": trace_id, "rating": "up", "reason": ""}, who="chloe")
    assert cases(desk) == []


@pytest.mark.parametrize("path", ["/api/review", "/api/review/rows", "/api/review/report.html", "/api/dashboard"])
@pytest.mark.parametrize(("who", "status"), [("ana", 200), ("greta", 403), (None, 403)])
def test_only_reviewers_look(desk, path, who, status):
    assert desk.get(path, who=who).status_code == status


def test_only_reviewers_decide(desk):
    assert decide(desk, refused(desk), who="greta", outcome="dismissed").status_code == 403
    assert cases(desk)[0]["outcome"] == "open"


def test_where_nobody_is_named_nobody_reviews(make):
    assert make().get("/api/review", who="ana").status_code == 403


def test_a_reviewer_sees_no_place_that_they_may_not_read(make):
    server = make(review={"reviewers": ["group:support"]})
    trace_id = server.ask("When does the contract with Acme end?", who="greta").json()["trace_id"]
    server.post("/api/feedback", {"trace_id": trace_id, "rating": "down", "reason": ""}, who="greta")
    answer = server.get("/api/review", who="ana")
    (case,) = cases(server)
    assert (case["trace_id"], case["places"]) == (trace_id, [])
    assert "acme.md" not in answer.text
    assert decide(server, trace_id, outcome="golden", places=[0]).status_code in (400, 409)


def test_a_golden_question_holds_groups_and_no_person(desk, tmp_path):
    trace_id = refused(desk)
    answer = decide(desk, trace_id, outcome="golden", note="nobody knows")
    assert answer.status_code == 200, answer.text
    assert answer.json()["personal_data_removed"]
    written = (tmp_path / "golden.jsonl").read_text("utf-8")
    assert "ana" not in written
    (question,) = load_golden(tmp_path / "golden.jsonl", DOCUMENTS).questions
    assert (question.answerable, question.principal.groups) == (False, frozenset({"support"}))
    (case,) = cases(desk, state="decided")
    assert (case["outcome"], case["reviewer"], case["note"]) == ("golden", "ana", "nobody knows")
    assert cases(desk) == []


def test_a_golden_question_is_answered_by_the_places_that_were_chosen(desk, tmp_path):
    trace_id = disliked(desk, "")
    assert decide(desk, trace_id, outcome="golden", places=[0]).status_code == 200
    (question,) = load_golden(tmp_path / "golden.jsonl", DOCUMENTS).questions
    assert [(target.document_id, target.lines) for target in question.targets] == [("docs:refunds.md", (3, 3))]


def test_a_case_is_a_golden_question_once(desk, tmp_path):
    trace_id = refused(desk)
    decide(desk, trace_id, outcome="golden")
    again = decide(desk, trace_id, outcome="golden")
    assert again.status_code == 409
    assert str(tmp_path) not in again.text
    assert len((tmp_path / "golden.jsonl").read_text("utf-8").splitlines()) == 1


def test_a_row_is_open_and_points_at_the_words(desk, tmp_path):
    from hybrid_adapters.rows.example import load_examples

    trace_id = disliked(desk, "rude")
    assert decide(desk, trace_id, outcome="row", places=[0]).status_code == 200
    (placed,) = load_examples([tmp_path / "rows.jsonl"])
    example = placed.example
    assert (example.decision, example.reviewer, example.author) == ("open", None, "review desk")
    assert example.asking.groups == ["customers"]
    assert example.asking.user is None
    assert example.reply["evidence"] == [{"document": "refunds.md", "quote": "Refunds are paid within 5 working days."}]


def test_a_row_without_places_is_a_refusal(desk, tmp_path):
    decide(desk, refused(desk), outcome="row")
    (line,) = (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["reply"]["status"] == "refused"


def test_rows_wait_for_a_person_and_are_decided_at_once(desk, tmp_path):
    first, second = disliked(desk, "rude"), refused(desk)
    for trace_id, places in ((first, [0]), (second, [])):
        decide(desk, trace_id, outcome="row", places=places)
    waiting = desk.get("/api/review/rows", who="ana").json()["rows"]
    assert [row["id"] for row in waiting] == [f"review-{first[:12]}", f"review-{second[:12]}"]
    for row, decision in zip(waiting, ("approved", "rejected"), strict=True):
        body = {"id": row["id"], "decision": decision}
        assert desk.post("/api/review/rows", body, who="greta").status_code == 403
        assert desk.post("/api/review/rows", body, who="ana").status_code == 204
        assert desk.post("/api/review/rows", body, who="ana").status_code == 409
    kept = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["decision"], row["reviewer"]) for row in kept] == [("approved", "ana"), ("rejected", "ana")]
    assert desk.get("/api/review/rows", who="ana").json()["rows"] == []


def test_a_row_about_a_document_that_a_reviewer_may_not_read_is_not_shown(make, tmp_path):
    server = make(review=REVIEW | {"reviewers": ["group:support", "group:legal"]})
    trace_id = server.ask("When does the contract with Acme end?", who="greta").json()["trace_id"]
    server.post("/api/feedback", {"trace_id": trace_id, "rating": "down", "reason": ""}, who="greta")
    assert decide(server, trace_id, who="greta", outcome="row", places=[0]).status_code == 200
    (row,) = server.get("/api/review/rows", who="greta").json()["rows"]
    assert server.get("/api/review/rows", who="ana").json()["rows"] == []
    body = {"id": row["id"], "decision": "approved"}
    assert server.post("/api/review/rows", body, who="ana").status_code == 409
    assert server.post("/api/review/rows", body, who="greta").status_code == 204


def test_what_is_not_configured_is_named(make):
    server = make(review={"reviewers": ["group:support"]})
    trace_id = refused(server)
    answer = decide(server, trace_id, outcome="golden")
    assert answer.status_code == 400
    assert "[server.review]" in answer.json()["error"]["message"]
    assert cases(server)[0]["outcome"] == "open"


def test_a_decision_can_be_taken_back(desk):
    trace_id = refused(desk)
    decide(desk, trace_id, outcome="missing", note="moon page")
    assert cases(desk) == []
    decide(desk, trace_id, outcome="open")
    assert [case["trace_id"] for case in cases(desk)] == [trace_id]


def test_like_questions_stand_together(desk):
    for question in (MOON, MOON.replace("?", ""), "Which sourdough starter do you recommend?"):
        refused(desk, question)
    sizes = [len(group) for group in desk.get("/api/review", who="ana").json()["groups"]]
    assert sizes == [2, 1]


def test_the_report_is_one_file_of_escaped_text(desk):
    refused(desk, "How far is <script>alert(1)</script> the moon?")
    decide(desk, refused(desk, "Where is the page on Saturn?"), outcome="missing")
    answer = desk.get("/api/review/report.html", who="ana")
    assert "attachment" in answer.headers["content-disposition"]
    assert "&lt;script&gt;alert" in answer.text
    assert "<script" not in answer.text
    assert "Where is the page on Saturn?" in answer.text


def test_the_dashboard_counts(desk):
    refused(desk)
    disliked(desk, "Asks for a person: help")
    found = desk.get("/api/dashboard", who="ana").json()
    (day,) = found["days"]
    assert (day["questions"], day["answered"], day["refused"], day["down"], day["person"]) == (2, 1, 1, 1, 1)
    assert found["models"][0]["name"].startswith("extractive")
    assert found["waiting"] == 2
    assert {stage["name"] for stage in found["stages"]} >= {"total"}
    assert found["check"] is None


def test_cases_beyond_those_that_are_listed_are_counted(desk, monkeypatch):
    from functools import partial

    from hybrid.review import cases
    from hybrid.review import desk as room

    for planet in ("Mars", "Venus", "Saturn"):
        refused(desk, f"How far is {planet}?")
    monkeypatch.setattr(room, "load_cases", partial(cases.load_cases, limit=2))
    assert sum(len(group) for group in desk.get("/api/review", who="ana").json()["groups"]) == 2
    assert desk.get("/api/dashboard", who="ana").json()["waiting"] == 3


def test_questions_are_forgotten_with_all_that_hangs_on_them(desk, tmp_path, clock):
    decide(desk, refused(desk), outcome="missing")
    disliked(desk, "old")
    clock.now += 31 * 86_400
    new = refused(desk)
    retention = Retention(tmp_path / ".hybrid-server", shown_days=0, question_days=30, clock=clock)
    assert (retention.forget(), retention.forget()) == (2, 0)
    assert [case["trace_id"] for case in cases(desk)] == [new]
    for table in ("answer", "pointed", "stage", "feedback", "decision"):
        kept = remembered(tmp_path / ".hybrid-server", f"SELECT DISTINCT trace_id FROM {table}")
        assert {trace_id for (trace_id,) in kept} <= {new}


def test_the_dashboard_looks_back_as_far_as_asked(desk, clock):
    refused(desk)
    clock.now += 10 * 86_400
    assert desk.get("/api/dashboard", who="ana", days=5).json()["days"] == []
    assert len(desk.get("/api/dashboard", who="ana", days=30).json()["days"]) == 1
