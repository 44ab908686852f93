"""Work is asked for by name, so a wrong name would only show in production: here it shows at once."""

import ast

from celery import current_app
from django.conf import settings

from tests.architecture.sources import PACKAGES, modules, tree


def names_asked_for() -> set[str]:
    calls = [node for path in modules(*PACKAGES) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    asking = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in {"enqueue", "wake"}]
    return {str(name.value) for call in asking for name in call.args[:1] if isinstance(name, ast.Constant)}


def test_every_task_that_is_enqueued_is_registered() -> None:
    current_app.loader.import_default_modules()
    assert names_asked_for() <= set(current_app.tasks)


def test_every_task_on_the_timetable_is_registered() -> None:
    current_app.loader.import_default_modules()
    assert {line["task"] for line in settings.CELERY_BEAT_SCHEDULE.values()} <= set(current_app.tasks)


def test_the_app_of_the_installation_is_the_current_one() -> None:
    assert current_app.main == "ithaca"
