"""`make run`: everything on one machine, with nothing to set up. A hospital does it by hand: docs/running.md.

Starts the embedded PostgreSQL, brings its tables up to date, collects static files, fills the walk-through once, and
then keeps a web server, a sequencer, a worker and a timer alive until Ctrl-C.
"""

import fcntl
import http.client
import os
import resource
import socket
import sys
import time
from typing import TextIO

from django.core.exceptions import ImproperlyConfigured

from config import local_witness
from config.database import embedded_postgres, ithaca_home, start_embedded_database
from config.env import env_int, env_text
from config.supervisor import Child, Supervisor, say

READY_WITHIN = 120.0
_HIGHEST_PORT = 65535
_ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    os.umask(
        0o077
    )  # mails and keys lie under ITHACA_HOME, whose door may have to stand ajar for the database's account
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what crashes holds plaintext and keys: no core files
    try:
        port = chosen_port()
        lock = hold_home()
        witness_port = local_witness.introduce()
        embedded = not env_text("DATABASE_URL", "")
        start_embedded_database()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        return 1
    try:
        prepare()
        if witness_port:
            local_witness.tell_of_the_log()
        return serve(port, embedded=embedded, witness_port=witness_port)
    finally:
        if embedded:
            embedded_postgres().stop()
        lock.close()


def chosen_port() -> int:
    """Return the port to serve on.

    Raises:
        ImproperlyConfigured: when it is no port, or somebody else listens there.

    """
    port = env_int("PORT", 8000)
    if not 0 < port <= _HIGHEST_PORT:
        raise ImproperlyConfigured(f"PORT must lie between 1 and {_HIGHEST_PORT}, not {port}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"Port {port} cannot be used ({error.strerror}). Choose another one: make run PORT=8001"
            raise ImproperlyConfigured(message) from error
    return port


def hold_home() -> TextIO:
    """Hold the directory for ourselves, so that two launchers never share one.

    Raises:
        ImproperlyConfigured: when another launcher holds it.

    """
    lock = (ithaca_home() / "launcher.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise ImproperlyConfigured(f"Ithaca already runs from {ithaca_home()}. Stop it first.") from None
    return lock


def prepare() -> None:
    """Bring tables, static files and the walk-through up to date; what is there already stays as it is."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0, interactive=False)
    call_command("ledger_seal_old_entries")
    call_command("collectstatic", verbosity=0, interactive=False)
    if settings.ITHACA_WALKTHROUGH:
        call_command("seed_walkthrough", only_if_empty=True)
    connections.close_all()


def serve(port: int, *, embedded: bool, witness_port: int | None) -> int:
    os.environ["PORT"] = str(port)
    supervisor = Supervisor(children(witness_port), embedded_postgres().start if embedded else lambda: None)
    deadline = time.monotonic() + READY_WITHIN
    supervisor.watch(lambda: answers(port) or time.monotonic() > deadline)
    came_up = supervisor.stopping or answers(port)
    if came_up and not supervisor.stopping:
        say(f"Ithaca is ready at http://localhost:{port}")
        announce_log_ins()
        supervisor.watch(lambda: False)
    elif not came_up:
        sys.stderr.write(f"The web server did not answer within {READY_WITHIN:g} s; its messages stand above.\n")
    supervisor.stop()
    return 0 if came_up else 1


def children(witness_port: int | None) -> list[Child]:
    web = [sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "config.wsgi"]
    # The sequencer has a process of its own, so that nothing which takes long ever keeps the ledger waiting. Neither it
    # nor the worker has children: what is killed is one process, and it is started again as a whole.
    started = [
        Child("web server", web),
        Child("sequencer", [*celery("worker"), "--queues", "ledger", "--pool", "solo", *_ALONE]),
        Child("worker", [*celery("worker"), "--queues", "celery", "--pool", "threads", "--concurrency", "3", *_ALONE]),
        Child("timer", celery("beat")),
    ]
    return [*started, Child("witness", local_witness.command(witness_port))] if witness_port else started


def celery(command: str) -> list[str]:
    # As root Celery warns about a pickle format that the settings do not accept anyway.
    quiet = "ignore:You're running the worker with superuser privileges"
    start = [sys.executable, "-W", quiet, "-m", "celery", "--quiet", "-A", "config.celery"]
    return [*start, command, "--loglevel", "WARNING"]


def answers(port: int) -> bool:
    """Ask for the first page; any answer that is not a server error will do."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        connection.close()


def announce_log_ins() -> None:
    from django.conf import settings

    if settings.ITHACA_WALKTHROUGH:
        from config.walkthrough.log_ins import log_ins

        say(log_ins())


if __name__ == "__main__":
    sys.exit(main())
