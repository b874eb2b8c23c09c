"""robots.txt, as RFC 9309 reads it."""

from __future__ import annotations

from dataclasses import dataclass

_MAX_DELAY = 30.0


@dataclass(frozen=True, kw_only=True)
class Robots:
    """What one site asks of one visitor."""

    rules: tuple[tuple[str, bool], ...] = ()
    """Path pattern and whether it is allowed."""

    delay: float = 0.0
    """Seconds asked for between two requests."""

    def allows(self, path: str) -> bool:
        """Whether a path with its query may be asked for: the longest pattern decides, and allowing wins a tie."""
        decision = max(
            ((len(pattern), allowed) for pattern, allowed in self.rules if _matches(pattern, path)), default=(0, True)
        )
        return decision[1]


def parse_robots(text: str, agent: str) -> Robots:
    """Return the rules for a visitor: those of its own groups, else those for all."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents, in_rules = list[str](), False
    for line in text.lstrip("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            agents = [value.lower()] if in_rules else [*agents, value.lower()]
            in_rules = False
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for name in agents:
                groups[name].append((key, value))
    lines = groups.get(agent.lower(), groups.get("*", []))
    rules = tuple((value, key == "allow") for key, value in lines if key != "crawl-delay" and value)
    return Robots(
        rules=rules, delay=max((_seconds(value) for key, value in lines if key == "crawl-delay"), default=0.0)
    )


def _seconds(value: str) -> float:
    try:
        return min(max(float(value), 0.0), _MAX_DELAY)
    except ValueError:
        return 0.0


def _matches(pattern: str, path: str) -> bool:
    # Not a regular expression: a site's pattern full of stars must not cost exponential time.
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    position = len(first)
    for index, part in enumerate(rest):
        if anchored and index == len(rest) - 1:
            return path.endswith(part) and len(path) - len(part) >= position
        found = path.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return not anchored or position == len(path)
