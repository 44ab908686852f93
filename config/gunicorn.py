"""How gunicorn serves Ithaca: `gunicorn -c python:config.gunicorn config.wsgi`. Arguments on the command line win.

There is no access log: who saw what stands in the ledger, and addresses in a log file are personal data.
"""

import os
from pathlib import Path
from typing import Any

bind = [f"127.0.0.1:{os.environ.get('PORT', '8000')}"]
worker_class = "config.worker.PacedWorker"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
# With threads this limits how long a worker may not breathe, not how long an upload may take.
timeout = 120
graceful_timeout = 20
keepalive = 5
# The heartbeat file must never wait for a disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  shared memory, not a temporary name
umask = 0o077
accesslog = None
loglevel = "warning"
limit_request_line = 4094
limit_request_fields = 60
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Start the process that draws pages, so that the first one does not wait for it, and keep buffers for the next."""
    from workspaces.crypt4gh.memory import keep_freed_memory
    from workspaces.viewer.drawing import renderer

    keep_freed_memory()
    renderer().warm_up()
