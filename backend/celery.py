"""The Celery application; `celery -A backend worker` finds it here."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import task_failure
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.settings.production")
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")  # they build the schema, which no worker needs

app = Celery("ordergraph")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_failure.connect
def _leave_the_database(**_: object) -> None:
    """The next task gets a new connection: what failed may be that this one leads to a former primary."""
    connections.close_all()
