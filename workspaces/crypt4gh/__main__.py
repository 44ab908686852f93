"""Seal and open files on the command line: `python -m workspaces.crypt4gh`.

    seal KEY.pub < plain > sealed     encrypt to one recipient
    open KEY.sec < sealed > plain     decrypt, every rule of profile S1 checked
    keygen [--portable] NAME          write NAME.pub and NAME.sec
    fingerprint KEY.pub               print what people compare: SHA-256 of the key, in groups of four
    check FILE RECEIPT [--key KEY.sec]  hold a file that was handed over against its receipt

`open` stops at the first thing that is wrong with exit status 1 and one sentence on standard error; what it has
written by then is verified but incomplete, so use the output only if the status is 0. Exit status 2 means that the
command was not understood. A passphrase is taken from C4GH_PASSPHRASE, or asked for on the terminal.
"""

import argparse
import getpass
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from workspaces.crypt4gh import keys
from workspaces.crypt4gh.checking import MAX_RECEIPT, Expected, check_file, check_plaintext
from workspaces.crypt4gh.errors import Crypt4ghError, PassphraseError
from workspaces.crypt4gh.header import make_header, open_header, read_header
from workspaces.crypt4gh.memory import keep_freed_memory
from workspaces.crypt4gh.pieces import write_pieces
from workspaces.crypt4gh.reader import open_stream
from workspaces.crypt4gh.segments import BATCH, new_data_key
from workspaces.crypt4gh.writer import SealingWriter


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed, 2 not understood.

    Raises:
        SystemExit: with status 2 if the arguments are not understood.

    """
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        run(options)
        sys.stdout.flush()
    except (Crypt4ghError, OSError) as error:
        print(f"crypt4gh: {error}", file=sys.stderr)
        return 1
    return 0


def seal(options: argparse.Namespace) -> None:
    """Seal standard input to standard output for the holder of one public key."""
    recipient = keys.parse_public_key(_read_key_file(options.key))
    data_key = new_data_key()
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(make_header(data_key, recipient))
    with SealingWriter(data_key, sink.write, hash_content=False) as writer:
        while chunk := source.read(BATCH):
            writer.update(chunk)
        writer.finish()


def open_sealed(options: argparse.Namespace) -> None:
    """Open standard input to standard output with one secret key."""
    secret = _secret_key(options.key)
    source = sys.stdin.buffer
    data_key = open_header(read_header(source), secret)
    if not _copy_opened(source, data_key, sys.stdout.buffer):
        print(
            "crypt4gh: note: the file is empty. A file that was emptied looks the same; a receipt tells them apart.",
            file=sys.stderr,
        )


def keygen(options: argparse.Namespace) -> None:
    """Write a new key pair, refusing to overwrite one."""
    kdf, passphrase = keys.STRONG, ""
    if options.portable:
        kdf, passphrase = keys.PORTABLE, secrets.token_urlsafe(24)
    secret = keys.generate_secret_key()
    locked = keys.format_secret_key(secret, passphrase or _new_passphrase(), kdf=kdf)
    _write_new(f"{options.name}.sec", locked, 0o600)
    _write_new(f"{options.name}.pub", keys.format_public_key(keys.public_key(secret)), 0o644)
    if passphrase:
        print(f"Passphrase of {options.name}.sec, shown this once: {passphrase}", file=sys.stderr)


def fingerprint(options: argparse.Namespace) -> None:
    """Print the fingerprint of a public key as the pages show it."""
    found = keys.fingerprint(keys.parse_public_key(_read_key_file(options.key)))
    print(" ".join(found[place : place + 4] for place in range(0, len(found), 4)))


def check(options: argparse.Namespace) -> None:
    """Hold a file against its receipt; with the secret key, what it opens to as well."""
    with Path(options.receipt).open("rb") as receipt:
        expected = Expected.parse(receipt.read(MAX_RECEIPT))
    with Path(options.file).open("rb") as file:
        check_file(file, expected)
        if options.key:
            file.seek(0)
            check_plaintext(file, expected, _secret_key(options.key))
    whole = "Header and body are" if not options.key else "Header, body and content are"
    print(f"{options.file}: {whole} what the receipt says, to the byte.")
    print("Whether the ledger says so too: python -m verifier RECEIPT --policy POLICY")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="crypt4gh", description="Crypt4GH files in the strict profile S1.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("seal", help="encrypt standard input for KEY.pub")
    command.add_argument("key", metavar="KEY.pub")
    command.set_defaults(run=seal)
    command = commands.add_parser("open", help="decrypt and verify standard input with KEY.sec")
    command.add_argument("key", metavar="KEY.sec")
    command.set_defaults(run=open_sealed)
    command = commands.add_parser("fingerprint", help="print the fingerprint of KEY.pub")
    command.add_argument("key", metavar="KEY.pub")
    command.set_defaults(run=fingerprint)
    command = commands.add_parser("check", help="hold FILE against the RECEIPT of its hand-over")
    command.add_argument("file", metavar="FILE")
    command.add_argument("receipt", metavar="RECEIPT")
    command.add_argument("--key", metavar="KEY.sec", help="also open every segment, and check what it opens to")
    command.set_defaults(run=check)
    command = commands.add_parser("keygen", help="write NAME.pub and NAME.sec")
    command.add_argument("name", metavar="NAME")
    command.add_argument(
        "--portable",
        action="store_true",
        help="lock NAME.sec as other Crypt4GH tools do, with a generated passphrase that is shown once",
    )
    command.set_defaults(run=keygen)
    return parser


def _copy_opened(source: BinaryIO, data_key: bytes, sink: BinaryIO) -> int:
    written = 0
    for block in open_stream(source, data_key):
        write_pieces(sink.write, block)
        written += len(block)
    return written


def _secret_key(name: str) -> bytes:
    content = _read_key_file(name)
    passphrase = _passphrase("Passphrase: ") if keys.is_locked(content) else None
    return keys.parse_secret_key(content, passphrase)


def _read_key_file(name: str) -> bytes:
    with Path(name).open("rb") as file:
        return file.read(keys.MAX_FILE_SIZE + 1)


def _write_new(name: str, content: bytes, mode: int) -> None:
    # Created with its final mode and never over an existing file: a key that was overwritten cannot be had back.
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _passphrase(prompt: str) -> str:
    given = os.environ.get("C4GH_PASSPHRASE")
    if given is not None:
        return given
    if not sys.stderr.isatty():
        raise PassphraseError("The secret key needs a passphrase: set C4GH_PASSPHRASE, or use a terminal.")
    return getpass.getpass(prompt)


def _new_passphrase() -> str:
    first = _passphrase("New passphrase: ")
    if not first:
        raise PassphraseError("A new key needs a passphrase.")
    if "C4GH_PASSPHRASE" not in os.environ and getpass.getpass("Again: ") != first:
        raise PassphraseError("The passphrases differ; no key was written.")
    return first


if __name__ == "__main__":
    keep_freed_memory()
    sys.exit(main())
