"""The web server's entry point."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from config.database import start_embedded_database

start_embedded_database()

from django.core.wsgi import get_wsgi_application

from config.start import refuse_unsound

application = get_wsgi_application()
refuse_unsound()
