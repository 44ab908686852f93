"""A hospital's installation. Everything it needs is asked for by name, and checks refuse what is unsafe."""

from config.env import env_int, env_list, env_text
from config.settings.base import *

PRODUCTION = True
SECRET_KEY = env_text("SECRET_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", env_text("ALLOWED_HOSTS"))
SITE_ORIGIN = env_text("SITE_ORIGIN")
LEDGER_ORIGIN = env_text("LEDGER_ORIGIN")
SUBJECT_KEYS_URL = env_text("SUBJECT_KEYS_URL")
EMAIL_BACKEND = env_text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_HOST = env_text("EMAIL_HOST")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_text("DEFAULT_FROM_EMAIL")
CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
