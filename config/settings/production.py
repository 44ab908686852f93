"""A hospital's installation. Everything it needs is asked for by name, and checks refuse what is unsafe."""

from config.env import env_int, env_list, env_text
from config.settings.base import *

SECRET_KEY = env_text("SECRET_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", env_text("ALLOWED_HOSTS"))
SITE_ORIGIN = env_text("SITE_ORIGIN")
LEDGER_ORIGIN = env_text("LEDGER_ORIGIN")
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
