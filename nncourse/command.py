"""The command line: ``nncourse collect FOLDER``, ``nncourse score PROJECT NOTEBOOK...``."""

import argparse
import sys

import nncourse
from nncourse.collecting import command as collecting
from nncourse.projects import scoring


def parser():
    """Return the parser of the command line.

    Examples
    --------
    >>> parser().parse_args(["score", "memory", "longer-memory.ipynb", "--seed", "5"]).secret
    5
    """
    top = argparse.ArgumentParser(prog="nncourse", description="The course's commands.")
    top.add_argument("--version", action="version", version=nncourse.__version__)
    commands = top.add_subparsers(dest="command", required=True)
    for part in (collecting, scoring):
        part.add_to(commands)
    return top


def main(arguments=None):
    """Run what the command line asks for; return 0, 1 on a wrong use, 130 when interrupted.

    Examples
    --------
    >>> main(["collect", "a-folder-that-is-not-there"])
    1
    """
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except (ValueError, ModuleNotFoundError) as error:
        print(f"nncourse {options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nInterrupted. {getattr(options, 'afterwards', '')}".rstrip(), file=sys.stderr)
        return 130
