"""Which cases are read from the records."""

from itertools import count

import pytest

from hybrid.review.cases import load_cases
from hybrid.server.records import Records
from hybrid.types import Answer, Principal


@pytest.fixture
def folder(tmp_path):
    """Records of three refusals; a reviewer has decided about the two newest."""
    moments = count(1)
    records = Records(tmp_path, clock=lambda: float(next(moments)))
    for trace_id in ("oldest", "middle", "newest"):
        answer = Answer(question="Why?", status="refused", text="", timings={})
        records.answered(trace_id, "key", Principal(user="chloe"), answer)
    for trace_id in ("middle", "newest"):
        records.decide(trace_id, "ana", "dismissed", "")
    records.close()
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"is_open": True}, ["oldest"]),
        ({"is_open": False}, ["newest"]),
        ({"beginning": "mid"}, ["middle"]),
        ({"beginning": "%"}, []),
        ({}, ["newest"]),
    ],
)
def test_the_limit_counts_only_cases_that_are_wanted(folder, wanted, found):
    cases = load_cases(folder, tenant=Principal().tenant, low_support=0.1, limit=1, **wanted)
    assert [case.trace_id for case in cases] == found
