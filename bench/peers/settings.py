"""The settings of the tests, with the peers' apps beside ours: only the process of `bench.peers.capture` reads them."""

from config.settings.test import *  # noqa: F403
from config.settings.test import INSTALLED_APPS as OURS

INSTALLED_APPS = [*OURS, "pgtrigger", "pghistory", "auditlog", "simple_history", "bench.peers"]
PGTRIGGER_INSTALL_ON_MIGRATE = True  # the models of this benchmark have no migrations that could install them
