"""The peer: an upload view as Django's own documentation writes it, with sign-in, CSRF token and a row in a table.

It stores plaintext with Django's default upload handlers, and nobody learns later who read it.
"""

# ruff: noqa: E402  Django's settings are made in this file, so what needs them is imported after

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.database import parse_database_url

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    SECRET_KEY=os.environ["BENCH_SECRET"],
    ROOT_URLCONF="bench.plain_django",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    DATABASES={"default": parse_database_url(os.environ["DATABASE_URL"])},
    MEDIA_ROOT=os.environ["BENCH_MEDIA"],
    FILE_UPLOAD_TEMP_DIR=os.environ["BENCH_MEDIA"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import models
from django.http import FileResponse, HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path


class Upload(models.Model):
    owner = models.ForeignKey(User, models.CASCADE)
    file = models.FileField(upload_to="files")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: models.Manager["Upload"] = models.Manager()

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return str(self.file.name)


@login_required
def upload(request: HttpRequest) -> JsonResponse:
    row = Upload.objects.create(owner=request.user, file=request.FILES["file"])
    return JsonResponse({"id": row.pk, "path": str(Path(row.file.path))})


@login_required
def download(request: HttpRequest, number: int) -> FileResponse:
    return FileResponse(get_object_or_404(Upload, pk=number, owner=request.user).file.open(), as_attachment=True)


urlpatterns = [path("upload/", upload), path("download/<int:number>/", download)]
application = get_wsgi_application()
