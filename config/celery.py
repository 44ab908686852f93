"""Celery's app, and the worker's entry point: `celery -A config.celery worker`."""

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from config.database import start_embedded_database

start_embedded_database()

from celery import Celery
from django.conf import settings

from config.broker import register

register()
app = Celery("ithaca", set_as_current=True)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for folder in ("data_folder_in", "control_folder"):
    # The file transport expects its folders to be there.
    if path := settings.CELERY_BROKER_TRANSPORT_OPTIONS.get(folder):
        Path(str(path)).mkdir(mode=0o700, parents=True, exist_ok=True)
