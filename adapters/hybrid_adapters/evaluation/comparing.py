"""Which arms an evaluation compares: the base bare and with its best prompt, a remote model, adapter and service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hybrid.answering.prompt import Message
from hybrid.errors import ModelFilesError
from hybrid_adapters.evaluation.arms import Arm, Asker, evidence_ids
from hybrid_adapters.evaluation.held_out import HeldOutRows
from hybrid_adapters.evaluation.prompting import Prompting, bare, candidates, tried_on
from hybrid_adapters.evaluation.records import ArmName
from hybrid_adapters.evaluation.remote import RemoteWriter
from hybrid_adapters.evaluation.writing import LocalWriter
from hybrid_adapters.registry.registry import Registry
from hybrid_adapters.registry.version import Version
from hybrid_adapters.rows.row import TrainingRow


class Arms:
    """The arms of one evaluation.

    Args:
        registry: Where the voices are.
        version: The adapter.
        rows: What is asked, and what examples and tries come from.
        writer: The base and its voices.
        asker: Asks for the tries.
        instructions: To try in the prompt of the base, besides those of the adapter.
        remote: A remote model; None where none is asked.
    """

    def __init__(
        self,
        registry: Registry,
        version: Version,
        rows: HeldOutRows,
        writer: LocalWriter,
        asker: Asker,
        instructions: Sequence[str],
        remote: RemoteWriter | None,
    ) -> None:
        self._registry = registry
        self._version = version
        self._rows = rows
        self._writer = writer
        self._asker = asker
        self._instructions = instructions
        self._remote = remote
        self.skipped: dict[str, str] = {}
        """Arms that were left out, and why."""

    @property
    def bare(self) -> Arm:
        """The base without a prompt."""
        return self._base_arm("base", bare())

    def all(self) -> Iterator[Arm]:
        """Yield the arms in the order in which they are asked."""
        best = self._best_prompt()
        yield self.bare
        yield self._base_arm("prompt", best)
        if self._remote is not None:
            yield self._remote_arm(self._remote, best)
        yield self._voice_arm("tuned", self._version.label)
        service = in_service(self._registry, self._version)
        if service is None or service == self._version.label:
            self.skipped["service"] = "no version is in service" if service is None else "it is the one in service"
            return
        try:
            yield self._voice_arm("service", service)
        except ModelFilesError as error:
            self.skipped["service"] = str(error)

    def _base_arm(self, name: ArmName, way: Prompting) -> Arm:
        def chat_of(row: TrainingRow) -> list[Message]:
            return way.chat(row, lambda chat: self._writer.room(chat, evidence_ids(row)) >= 0)

        return Arm(name=name, model=self._writer.name, writer=self._writer, chat=chat_of, prompt=way.name)

    def _remote_arm(self, remote: RemoteWriter, way: Prompting) -> Arm:
        return Arm(
            name="remote",
            model=remote.name,
            writer=remote,
            chat=lambda row: way.chat(row, lambda chat: True),
            prompt=way.name,
        )

    def _voice_arm(self, name: ArmName, label: str) -> Arm:
        self._writer.attach(label)
        digest = self._registry.resolve(label).manifest.weights_sha256
        return Arm(
            name=name,
            model=f"{self._writer.name}+{label} ({digest[:12]})",
            writer=self._writer,
            chat=lambda row: row.prompt,
            voice=label,
        )

    def _best_prompt(self) -> Prompting:
        """Return the candidate with the best score on training rows."""
        own = self._version.manifest.instructions
        ways = candidates(self._rows.training, self._writer.contract, (own, *self._instructions))
        rows = tried_on(self._rows.training, ways[-1].shots)
        if not rows:
            return ways[0]
        tries = [
            self._asker.outcome(self._base_arm("prompt", way), rows, step=f"trying {way.name}").mean for way in ways
        ]
        return ways[tries.index(max(tries))]


def in_service(registry: Registry, version: Version) -> str | None:
    """Return the label of the version of a name that is in service; None where none is."""
    name = version.manifest.name
    current = registry.current(name)
    return None if current is None else f"{name}@{current}"
