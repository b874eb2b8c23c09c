"""Commands that are imported when they run, so that ``hybrid --help`` costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    # The classes that TyperGroup's methods are written with; typer gives them no public name.
    from typer._click import Command, Context, HelpFormatter


@dataclass(frozen=True, kw_only=True)
class Lazy:
    """A command that is known by name before its module is imported."""

    module: str
    """Module whose ``app`` is the command."""

    help: str
    """One line for the list of commands."""


class LazyGroup(TyperGroup):
    """A group that lists its commands from a table and imports one when it is asked for."""

    table: ClassVar[Mapping[str, Lazy]]
    """Commands by name, in the order of the help."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _Imported(self.table)

    def list_commands(self, ctx: Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(self.table)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in self.table.items()])


class _Imported(Mapping[str, "Command"]):
    """The commands by name; looking one up imports it."""

    def __init__(self, table: Mapping[str, Lazy]) -> None:
        self._table = table

    def __getitem__(self, name: str) -> Command:
        app: typer.Typer = import_module(self._table[name].module).app
        command = get_command(app)
        command.short_help = self._table[name].help
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def command_app(**settings: Any) -> typer.Typer:
    """Return the ``app`` of a command's module; help is plain text, so that it is instant and works in every pipe."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings)
