"""The configuration page names every key of hybrid.toml, with its default, and no other."""

import dataclasses
import re
from pathlib import Path

import pytest

from hybrid._plugins import connector_class
from hybrid.config import AnswerSettings, DataSettings, EmbeddingSettings, IndexSettings, LimitSettings, Settings
from hybrid.experiments.settings import ExperimentSettings
from hybrid.review.settings import ReviewSettings
from hybrid.server.settings import LoadSettings, OidcSettings, ProxySettings, ScimSettings, ServerSettings

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")
TABLES = {"[index]": IndexSettings, "[embedding]": EmbeddingSettings, "[answer]": AnswerSettings}
TABLES["[data]"] = DataSettings
TABLES["[answer.limits]"] = LimitSettings
TABLES["[answer.experiment]"] = ExperimentSettings
TABLES |= {"[server]": ServerSettings, "[server.load]": LoadSettings}
TABLES |= {"[server.oidc]": OidcSettings, "[server.proxy]": ProxySettings}
TABLES["[server.scim]"] = ScimSettings
TABLES["[server.review]"] = ReviewSettings
CONNECTORS = ("folder", "git", "jsonl", "web", "sql")


def documented(*headings):
    """Return the default, as written, of each key in the tables under these headings."""
    rows = {}
    for heading in headings:
        (section,) = re.findall(rf"^###? {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
        rows |= dict(re.findall(r"^\| `(\w+)` \|(?: `(.*?)`)?[^|]*\|", section, re.MULTILINE))
    return rows


def written(default):
    if default is None:
        return ""
    if isinstance(default, tuple):
        return "[" + ", ".join(f'"{each}"' for each in default) + "]"
    return str(default).lower() if isinstance(default, bool) else f"{default}"


@pytest.mark.parametrize("name", TABLES)
def test_every_key_of_a_table_is_documented_with_its_default(name):
    fields = TABLES[name].model_fields
    rows = documented(f"`{name}`")
    assert list(rows) == list(fields)
    for key, field in fields.items():
        if key not in ("limits", "load", "oidc", "proxy", "scim", "review"):
            default = None if field.is_required() else field.default
            assert rows[key].strip('"') == written(default).strip('"'), key


def test_every_table_is_documented():
    assert {"index", "embedding", "answer", "data", "sources", "server"} == set(Settings.model_fields)


@pytest.mark.parametrize("kind", CONNECTORS)
def test_every_key_of_a_source_is_documented(kind):
    shared = ["`folder`, `git` and `web`"] if kind in ("folder", "git", "web") else []
    rows = documented("Every source", *shared, f"`{kind}`")
    fields = {field.name: field.default for field in dataclasses.fields(connector_class(kind)) if field.init}
    assert set(rows) - {"type"} == set(fields)
    for key, default in fields.items():
        if default is not dataclasses.MISSING:
            assert rows[key].strip('"') == written(default).strip('"'), key


def test_every_key_of_a_rule_is_documented():
    from hybrid_connectors._access_rules import AccessRule

    assert set(documented("`[[sources.rules]]`")) == {field.name for field in dataclasses.fields(AccessRule)}
