"""Requests made up from the OpenAPI document: no server error, no answer that it does not describe."""

import hashlib
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from hybrid.server.signin.keys import new_key, save_keys

PROVISIONING = "hybscim_made up"


@pytest.fixture
def key(tmp_path):
    """A key of an administrator's."""
    key, record = new_key("ci", user="ana", groups=("support",))
    save_keys(tmp_path / "keys.json", (record,))
    return key


@pytest.fixture
def api(make, key):
    """The document of a server that takes API keys and whose sync does nothing."""
    scim = {"token_sha256": hashlib.sha256(PROVISIONING.encode()).hexdigest()}
    server = make(dev=False, api_keys="keys.json", load={"per_minute": 10**6}, scim=scim)

    async def without_lifespan(scope, receive, send):
        # Each case would start and stop the application, which the test has started already.
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
        else:
            await server.client.app(scope, receive, send)

    return schemathesis.openapi.from_asgi("/openapi.json", without_lifespan, headers={"Authorization": f"Bearer {key}"})


def operations(api):
    found = [result.ok() for result in api.get_all_operations()]
    assert len(found) >= 28
    return found


def check(operation, mode, number, headers, seen):
    """Send requests made up for one operation, and check the answers by the document."""
    excluded = [positive_data_acceptance]
    if operation.method == "get" and operation.path.startswith("/scim"):
        # Identity providers send parameters of their own, which are passed over.
        excluded.append(negative_data_rejection)

    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case):
        answer = case.call(headers=headers)
        seen[answer.status_code] += 1
        case.validate_response(answer, headers=headers, excluded_checks=excluded)

    one()


def made_up(api, number, headers):
    """Return the statuses of answers to this number of requests for each operation and each kind of data."""
    seen = Counter()
    for operation in operations(api):
        by = {"Authorization": f"Bearer {PROVISIONING}"} if headers and operation.path.startswith("/scim") else headers
        takes = operation.body or operation.path_parameters or operation.query
        for mode in [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if takes else [])]:
            check(operation, mode, number, by, seen)
    return seen


def test_the_document_is_complete(api):
    for operation in operations(api):
        assert operation.definition.raw["summary"], operation.path
        assert operation.definition.raw["responses"], operation.path


def test_what_is_made_up_from_the_document_is_answered_as_it_says(api, key):
    seen = made_up(api, 6, {"Authorization": f"Bearer {key}"})
    assert seen[200] > 5
    assert seen[422] > 5


def test_without_sign_in_nothing_is_answered(api):
    seen = made_up(api, 3, {})
    assert set(seen) <= {200, 401, 422, 400}
    assert seen[401] > 5


@pytest.mark.nightly
def test_thousands_of_cases(api, key):
    signed_in = made_up(api, 80, {"Authorization": f"Bearer {key}"})
    unsigned = made_up(api, 30, {})
    print(f"signed in {dict(signed_in)}, not signed in {dict(unsigned)}")
    assert sum(signed_in.values()) + sum(unsigned.values()) >= 5_000
