from hybrid import _plugins
from hybrid.errors import ModelFilesError
from hybrid.server import running


def test_a_ranker_with_changed_files_stops_the_start(cli, synced, monkeypatch):
    def changed(answer):
        raise ModelFilesError("the weights of 'evidence-ranker@1' were changed")

    def serve(application, listening, *, started):
        raise AssertionError("served")

    monkeypatch.setattr(_plugins, "ranker", changed)
    monkeypatch.setattr(running, "serve", serve)
    assert cli("serve", "--dev", "--port", "0").error == "the weights of 'evidence-ranker@1' were changed"
