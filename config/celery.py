"""Celery's app, and the worker's entry point: `celery -A config.celery worker`."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from config.database import start_embedded_database

start_embedded_database()

from celery import Celery
from celery.signals import beat_init, celeryd_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.broker import register

register()
app = Celery("ithaca", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for folder in ("data_folder_in", "control_folder"):
    # The file transport expects its folders to be there.
    if path := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(folder):
        Path(str(path)).mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(str(path)).chmod(0o700)


@celeryd_init.connect
@beat_init.connect
def look_before_starting(**kwargs: Any) -> None:
    """Stop a worker or a beat whose settings are unsound. Celery swallows errors here, but not a wish to exit."""
    import django

    from config.start import refuse_unsound

    os.umask(0o077)  # the beat's schedule is written by Celery
    django.setup()
    try:
        refuse_unsound()
    except ImproperlyConfigured as error:
        # Celery has put its logger in the place of the standard error by now, and a beat drops what it is told.
        os.write(2, f"{error}\n".encode())
        raise SystemExit(1) from error
