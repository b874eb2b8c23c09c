"""The command ``hybrid``: finds the command that was asked for and turns its failures into exit codes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from hybrid._cli._error_line import error_line
from hybrid._cli._lazy import Lazy, LazyGroup
from hybrid.errors import HybridError

_INTERRUPTED = 130


class _Commands(LazyGroup):
    table = {
        "init": Lazy(module="hybrid._cli.init", help="Write a hybrid.toml that works at once."),
        "sync": Lazy(module="hybrid._cli.sync", help="Bring the index up to date with the sources."),
        "search": Lazy(module="hybrid._cli.search", help="Show the best passages that somebody may read."),
        "ask": Lazy(module="hybrid._cli.ask", help="Answer a question with verified citations, or refuse."),
        "chat": Lazy(module="hybrid._cli.chat", help="Ask one question after another."),
        "cite": Lazy(module="hybrid._cli.cite", help="Prove that an old answer still stands."),
        "acl": Lazy(module="hybrid._cli.acl", help="Explain who may read what."),
        "serve": Lazy(module="hybrid._cli.serve", help="Answer questions over HTTP, with sign-in."),
        "mcp": Lazy(module="hybrid._cli.mcp", help="Offer search and ask as tools to other programs."),
        "keys": Lazy(module="hybrid._cli.keys", help="Make and remove API keys of the server."),
        "review": Lazy(module="hybrid._cli.review", help="Turn refused and disliked answers into work."),
        "audit": Lazy(module="hybrid._cli.audit", help="Print who was shown which document version."),
        "backup": Lazy(module="hybrid._cli.backup", help="Write index, records and settings into one file."),
        "restore": Lazy(module="hybrid._cli.restore", help="Put a backup in the place of what is there."),
        "recall-check": Lazy(module="hybrid._cli.recall_check", help="Measure what is found, missed, leaked."),
        "drift": Lazy(module="hybrid._cli.drift", help="Tell whether people ask what the golden questions ask."),
        "check": Lazy(module="hybrid._cli.check", help="Check retrieval and answers against an earlier check."),
        "data": Lazy(module="hybrid._cli.data", help="Make the rows that adapters are trained on."),
        "advise": Lazy(module="hybrid._cli.advise", help="Say what to do next: prompt, retrieval, adapter, nothing."),
        "adapter": Lazy(module="hybrid._cli.adapter", help="Train, inspect and serve adapters, versioned."),
        "doctor": Lazy(module="hybrid._cli.doctor", help="Check the installation and the index."),
    }


app = typer.Typer(cls=_Commands, name="hybrid", rich_markup_mode=None, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character of a document is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 a check's answer is no, 2 wrong use or input."""
    try:
        code = app(list(arguments), prog_name="hybrid", standalone_mode=False)
        sys.stdout.flush()
    except HybridError as error:
        return _failed(str(error), error.exit_code)
    except typer.TyperException as error:
        return _failed(f"{error.format_message().rstrip('.')} (see --help)", 2)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        _abandon_output()
        return 1
    except OSError as error:
        if error.filename is None:
            _abandon_output()
        place = "the output" if error.filename is None else repr(str(error.filename))
        return _failed(f"{place}: {error.strerror or error}; free some space or check permissions, then retry", 2)
    if code == _INTERRUPTED:
        print("interrupted; what was written stays, run again to go on", file=sys.stderr)
    return code or 0


@app.callback(invoke_without_command=True)
def _hybrid(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.", is_eager=True)] = False,
) -> None:
    """Answers from private, changing documents, with citations that are true and access that holds.

    Start with `hybrid init DIR`, then `hybrid sync` and `hybrid ask "..."` in that folder.
    """
    if version:
        from hybrid import __version__

        typer.echo(f"hybrid {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
    else:
        return
    raise typer.Exit


def _abandon_output() -> None:
    # Nobody takes it any more; writing what is buffered at exit would only fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(message: str, code: int) -> int:
    print(error_line(message), file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
