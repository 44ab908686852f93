"""`ithaca`: the command line.

Exit status: 0 done; 1 something failed or does not hold; 2 the command was not understood; 3 there is nothing by that
name; 4 not signed in or not allowed; 5 the installation does not answer. `--json` prints one JSON document
instead of words.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ithaca_client import commands
from ithaca_client.errors import FAILED, OK, ClientError

_INTERRUPTED = 130
_CHUNK = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["verify"]:
        return _verify(words[1:])
    if words[:1] == ["check"]:
        return _check(words)
    options = _parser().parse_args(words)
    run: Callable[[argparse.Namespace], commands.Done] = options.run
    try:
        done = run(options)
    except ClientError as error:
        _complain(str(error), as_json=options.json)
        return error.status
    except OSError as error:
        _complain(f"{error.filename or 'The file'}: {error.strerror}", as_json=options.json)
        return FAILED
    except KeyboardInterrupt:
        _complain("Broken off. The same command continues where it stopped.", as_json=options.json)
        return _INTERRUPTED
    print(json.dumps(done.data, indent=2, ensure_ascii=False) if options.json else "\n".join(done.lines))
    return FAILED if done.failures else OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ithaca",
        description="Look at, bring in and take away files of an Ithaca. Paths are “Workspace/Folder/file”.",
        epilog="verify TRAIL.zip and check FILE RECEIPT work offline, without signing in.",
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON for scripts")
    add = parser.add_subparsers(required=True, metavar="COMMAND").add_parser

    command = add("login", parents=[common], help="keep a token; it is asked for, or read from standard input")
    command.add_argument("url", help="https://ithaca.hospital.example")
    command.set_defaults(run=commands.login)
    for name, run, words in (
        ("logout", commands.logout, "forget the token"),
        ("whoami", commands.whoami, "say who is signed in, and where"),
    ):
        add(name, parents=[common], help=words).set_defaults(run=run)

    command = add("ls", parents=[common], help="list workspaces, or what lies in one")
    command.add_argument("path", nargs="?", default="")
    command.set_defaults(run=commands.ls)

    command = add("mkdir", parents=[common], help="make a folder")
    command.add_argument("path")
    command.set_defaults(run=commands.mkdir)

    command = add("upload", parents=[common], help="bring files in; run again, it continues what was broken off")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.add_argument("--to", required=True, metavar="FOLDER", help="“Workspace” or “Workspace/Folder”")
    choice = command.add_mutually_exclusive_group()
    for way in ("new_version", "keep_both"):
        flag = f"--{way.replace('_', '-')}"
        choice.add_argument(flag, dest="on_conflict", action="store_const", const=way, help="where the name is taken")
    command.add_argument("--chunk", type=int, default=_CHUNK, metavar="MiB", help="size of the pieces")
    command.set_defaults(run=commands.upload, on_conflict="ask")

    command = add("download", parents=[common], help="take a file away, compared with its recorded hash")
    _add_file(command)
    command.set_defaults(run=commands.download)

    command = add(
        "handover", parents=[common], help="take a file away sealed for a registered Crypt4GH key, with its receipt"
    )
    _add_file(command)
    command.add_argument("--key", help="name, id or fingerprint; not needed where there is only one")
    command.add_argument("--purpose", default="", help="what it is needed for; recorded")
    command.set_defaults(run=commands.handover)

    for name, words in (
        ("verify", "check a trail export or a receipt, offline"),
        ("check", "hold a sealed file against its receipt"),
    ):
        add(name, help=words, add_help=False)
    return parser


def _add_file(command: argparse.ArgumentParser) -> None:
    command.add_argument("path", help="“Workspace/Folder/file”")
    command.add_argument("--version", type=int, metavar="N", help="an earlier version")
    command.add_argument("-o", "--output", type=Path, metavar="FILE")


def _verify(words: list[str]) -> int:
    from verifier.__main__ import main as verify

    return verify(words)


def _check(words: list[str]) -> int:
    from workspaces.crypt4gh.__main__ import main as crypt4gh

    return crypt4gh(words)


def _complain(sentence: str, *, as_json: bool) -> None:
    print(json.dumps({"error": sentence}, ensure_ascii=False) if as_json else f"ithaca: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
