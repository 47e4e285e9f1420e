"""Settings, read from the environment variables that the README lists.

Without any, the portal runs embedded: SQLite, files on disk and a bundled broker, all in ``DATA_DIR``.
``DATABASE_URL``, ``REDIS_URL`` and ``S3_BUCKET`` each replace one of them.
"""

from __future__ import annotations

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from dubbing_sessions import embedded, metrics_folder
from dubbing_sessions.database_settings import build_postgresql, build_sqlite
from dubbing_sessions.env import env_bool, env_int, env_list, env_networks, env_str
from dubbing_sessions.log_settings import build_logging

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("DATA_DIR", str(BASE_DIR / "var"))).expanduser().resolve()

VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# ---- Site address ----------------------------------------------------------
SITE_URL = env_str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(
        f"SITE_URL must be an address such as https://dubbing.example.com, not {SITE_URL!r}."
    )
if _site.path or _site.query or _site.fragment:
    raise ImproperlyConfigured(
        f"SITE_URL must be an address without a path, not {SITE_URL!r}: give the portal a name of its own, such as"
        " https://dubbing.example.com, instead of a path on another site."
    )
_https = _site.scheme == "https"
DEBUG = env_bool("DEBUG", default=False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", f"{_site.hostname},127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [SITE_URL, *env_list("CSRF_TRUSTED_ORIGINS")]

_team = bool(env_str("DATABASE_URL"))
MIN_SECRET_KEY_LENGTH = 32
SECRET_KEY = env_str("SECRET_KEY")
if not SECRET_KEY:
    if _team:
        raise ImproperlyConfigured(
            "SECRET_KEY must be set where DATABASE_URL is: every process needs the same one."
        )
    SECRET_KEY = embedded.get_secret_key(DATA_DIR)
if _team and len(SECRET_KEY) < MIN_SECRET_KEY_LENGTH:
    raise ImproperlyConfigured(
        f"SECRET_KEY must have at least {MIN_SECRET_KEY_LENGTH} characters, not {len(SECRET_KEY)}: it signs sign-ins and"
        " password resets. Generate one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")

# ---- Application -----------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "storages",
    "sessions_app.apps.SessionsConfig",
]
MIDDLEWARE = [
    "sessions_app.http.request_ids.RequestIdMiddleware",
    "sessions_app.http.health.HealthMiddleware",
    "sessions_app.http.metrics.MetricsMiddleware",
    "sessions_app.http.languages.LanguageMiddleware",
    "sessions_app.http.transfers.TransferMiddleware",
    "sessions_app.http.compression.compress_pages",
    "sessions_app.http.fonts.preload_fonts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sessions_app.http.login_sessions.LoginSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sessions_app.http.privacy.set_privacy_headers",
    "sessions_app.http.error_pages.explain_refused_methods",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "dubbing_sessions.urls"
WSGI_APPLICATION = "dubbing_sessions.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "sessions_app.templatetags.portal",
                "sessions_app.templatetags.shown_texts",
                "sessions_app.templatetags.page_urls",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sessions_app.views.context.portal",
            ],
        },
    }
]

# ---- Database --------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, Any] = {"default": build_sqlite(DATA_DIR / "db.sqlite3")}
# Only web processes set the pool's size, in `dubbing_sessions.web_server`.
_pool_size = env_int("DATABASE_POOL_SIZE", 0, minimum=0)
if _team:
    DATABASES["default"] = build_postgresql(
        env_str("DATABASE_URL"), pool_size=_pool_size, prepares=env_bool("DATABASE_PREPARE", default=True)
    )

# ---- Storage ---------------------------------------------------------------
S3_BUCKET = env_str("S3_BUCKET")
_copy_choices = {"auto": None, "True": True, "False": False}
_server_side_copy = env_str("S3_SERVER_SIDE_COPY", "auto")
if _server_side_copy not in _copy_choices:
    raise ImproperlyConfigured(f"S3_SERVER_SIDE_COPY must be auto, True or False, not {_server_side_copy!r}.")
_default_storage: dict[str, Any]
BLOB_STORE_OPTIONS: dict[str, Any]
if S3_BUCKET:
    BLOB_STORE = "sessions_app.storage.s3.S3Store"
    BLOB_STORE_OPTIONS = {
        "server_side_copy": _copy_choices[_server_side_copy],
        "uniform_parts": env_bool("S3_UNIFORM_PARTS", default=False),
        "direct_uploads": env_bool("S3_DIRECT_UPLOADS", default=True),
        "direct_reads": env_bool("S3_DIRECT_MEDIA", default=True),
        "public_endpoint_url": env_str("S3_PUBLIC_ENDPOINT_URL") or None,
    }
    _default_storage = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env_str("S3_ENDPOINT_URL") or None,
            "access_key": env_str("S3_ACCESS_KEY") or None,
            "secret_key": env_str("S3_SECRET_KEY") or None,
            "region_name": env_str("S3_REGION", "us-east-1"),
            "addressing_style": env_str("S3_ADDRESSING_STYLE", "auto"),
            "location": env_str("S3_PREFIX"),
            "signature_version": "s3v4",
            "file_overwrite": False,
            "default_acl": None,
        },
    }
else:
    BLOB_STORE = "sessions_app.storage.filesystem.FileSystemStore"
    BLOB_STORE_OPTIONS = {}
    _default_storage = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "storage", "base_url": None},
    }
STORAGES: dict[str, dict[str, Any]] = {
    "default": _default_storage,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SIGNED_MEDIA_LIFETIME = timedelta(minutes=env_int("S3_MEDIA_MINUTES", 15, minimum=2))
"""Time in which a player may read from the signed address of a file: also after its link was revoked."""
LAYOUT_CACHE_DIR = DATA_DIR / "cache" / "layouts"
LAYOUT_CACHE_SIZE = env_int("ZIP_CACHE_MIB", 256, minimum=1) * 1024**2
"""Bytes of planned ZIPs on each machine's disk: about 0.5 MiB per 1,000 files."""
STATIC_URL = "/static/"
STATIC_ROOT = Path(env_str("STATIC_ROOT", str(DATA_DIR / "static")))
if not _team and STATIC_ROOT.is_relative_to(DATA_DIR):
    STORAGES["staticfiles"]["OPTIONS"] = {
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }
STATICFILES_DIRS = [BASE_DIR / "static"]

# ---- Broker, cache, background work -----------------------------------------
BROKER_SOCKET = embedded.get_broker_socket(DATA_DIR)
REDIS_URL = env_str("REDIS_URL")
# The bundled broker's second database: clearing the cache must not delete messages.
CACHE_URL = REDIS_URL or f"unix://{BROKER_SOCKET}?db=1"
"""Counters that all web processes share."""
CACHES = {"default": {"BACKEND": "dubbing_sessions.cache_backend.SharedCache", "LOCATION": CACHE_URL}}

JOB_LEASE = timedelta(seconds=env_int("JOB_LEASE_SECONDS", 60))
"""Time without a heartbeat after which another worker takes over a running job."""
JOB_HEARTBEAT = JOB_LEASE / 6
JOB_MAX_ATTEMPTS = env_int("JOB_MAX_ATTEMPTS", 3)
JOB_REPUBLISH_AFTER = timedelta(seconds=env_int("JOB_REPUBLISH_SECONDS", 5))
JOB_RECONCILE_EVERY = timedelta(seconds=env_int("JOB_RECONCILE_SECONDS", 30))
JOB_TIME_LIMIT = timedelta(hours=env_int("JOB_TIME_LIMIT_HOURS", 12))

CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_TIME_LIMIT = int(JOB_TIME_LIMIT.total_seconds())
# Celery reads the visibility timeout from three places. If it is shorter than a task, the task runs twice concurrently.
_visibility_timeout = int((JOB_TIME_LIMIT + timedelta(hours=1)).total_seconds())
CELERY_VISIBILITY_TIMEOUT = _visibility_timeout
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": _visibility_timeout,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 5,
    # A request does not wait for an unavailable broker: the reconciler publishes the job again.
    "max_retries": 0,
}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": _visibility_timeout}
# One retry: after a restart of the broker the first message uses a closed connection.
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
# Media have queues and workers of their own: a save never waits behind them, and facts and posters not behind light copies.
MEDIA_QUEUE = "media"
PROXY_QUEUE = "proxies"
CELERY_TASK_ROUTES = {
    "sessions_app.read_media": {"queue": MEDIA_QUEUE},
    "sessions_app.make_derivatives": {"queue": MEDIA_QUEUE},
    "sessions_app.make_proxies": {"queue": PROXY_QUEUE},
}
MEDIA_PROCESSES = env_int("MEDIA_PROCESSES", 1, minimum=0)
"""Processes of the worker for media that `manage.py run` starts; without any, facts, posters and waveforms are missing."""
PROXY_PROCESSES = env_int("PROXY_PROCESSES", 1, minimum=0)
"""The same of the worker for light copies of videos that browsers do not play; without any, such videos are only downloaded."""
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "dubbing_sessions.scheduler:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "reconcile-jobs": {
        "task": "sessions_app.reconcile_jobs",
        "schedule": JOB_RECONCILE_EVERY,
        "options": {"expires": JOB_RECONCILE_EVERY.total_seconds()},
    },
    "measure": {
        "task": "sessions_app.measure",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "read-texts": {
        "task": "sessions_app.read_texts",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600, "priority": 6},
    },
    # Performed by the worker for jobs: without one for media no messages pile up.
    "pending-media": {
        "task": "sessions_app.enqueue_pending_media",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600, "priority": 6},
    },
    "collect-garbage": {
        "task": "sessions_app.collect_garbage",
        # At a fixed minute instead of every hour, so that a portal restarted every morning cleans up as well.
        "schedule": crontab(minute=17),
        "options": {"expires": 3600},
    },
}

# ---- Limits and retention ----------------------------------------------------
REGISTRATION_OPEN = env_bool("REGISTRATION_OPEN", default=False)
MAX_UPLOAD_SIZE = env_int("MAX_UPLOAD_GIB", 100, maximum=5 * 1024) * 1024**3
"""Bytes of the largest file. S3-compatible stores have no objects above 5 TiB."""
USER_QUOTA = env_int("USER_QUOTA_GIB", 0) * 1024**3
"""Total bytes of a user's sessions and uploads; 0 is unlimited."""
DISK_RESERVE = env_int("DISK_RESERVE_MIB", 512, minimum=0) * 1024**2
"""Bytes that uploads, imports, exports and copies leave free on the disks of storage and database."""
MAX_FILES_IN_SESSION = env_int("MAX_FILES_IN_SESSION", 50_000)
API_RATE_PER_MINUTE = env_int("API_RATE_PER_MINUTE", 1200, minimum=1)
"""Requests per access token or signed-in user, without parts, downloads and bundles."""
WEB_THREADS = env_int("WEB_THREADS", 400, minimum=8)
"""Threads of each web process; ``dubbing_sessions.web_server`` reads the same variable."""
MAX_TRANSFERS = WEB_THREADS * 7 // 8
"""Uploads and downloads in progress per web process. The other threads are for pages."""
MAX_TRANSFERS_PER_USER = env_int("MAX_TRANSFERS_PER_USER", 32, minimum=1)
MAX_TRANSFERS_PER_LINK = env_int("MAX_TRANSFERS_PER_LINK", 64, minimum=1)
TRASH_RETENTION = timedelta(days=env_int("TRASH_DAYS", 30))
EXPORT_RETENTION = timedelta(days=env_int("EXPORT_DAYS", 7))
SIGNED_PART_LIFETIME = timedelta(minutes=30)
"""Time until a signed part URL expires."""
UPLOAD_RETENTION = timedelta(hours=env_int("UPLOAD_HOURS", 48))
GARBAGE_GRACE = timedelta(hours=env_int("GARBAGE_GRACE_HOURS", 24))
JOB_RETENTION = timedelta(days=env_int("JOB_DAYS", 90, minimum=1))
IDEMPOTENCY_RETENTION = timedelta(hours=env_int("IDEMPOTENCY_HOURS", 24, minimum=1))

# ---- Accounts ----------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "sessions_app.account_backends.PasswordBackend",
    "sessions_app.account_backends.EmailBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "sessions_app.account_adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "change_password": "sessions_app.account_forms.ChangePasswordForm",
    "reset_password": "sessions_app.account_forms.ResetPasswordForm",
    "reset_password_from_key": "sessions_app.account_forms.ResetPasswordKeyForm",
    "set_password": "sessions_app.account_forms.SetPasswordForm",
}
# Replaced by `operations/accounts/throttles.py`: with these a stranger could lock out a user, or all users of a network.
ACCOUNT_RATE_LIMITS = dict.fromkeys(("login", "login_failed", "reset_password", "reset_password_from_key"))
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env_str("EMAIL_VERIFICATION", "optional")
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# No mail to addresses without an account; the page does not reveal whether there is one.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# A thief of a session cannot change the password or the address unnoticed.
ACCOUNT_EMAIL_NOTIFICATIONS = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "session-list"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

DEFAULT_FROM_EMAIL = SERVER_EMAIL = env_str(
    "DEFAULT_FROM_EMAIL", f"Dubbing Sessions <noreply@{_site.hostname}>"
)
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if EMAIL_HOST := env_str("EMAIL_HOST"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_PORT = env_int("EMAIL_PORT", 587)
    EMAIL_HOST_USER = env_str("EMAIL_HOST_USER")
    EMAIL_HOST_PASSWORD = env_str("EMAIL_HOST_PASSWORD")
    EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", default=True)
    # Seconds for each step of a server; without, one that never responds keeps a worker from its jobs for ever.
    EMAIL_TIMEOUT = 10

# ---- Language and time ---------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
"""Languages of pages, each with its own name. A new one needs catalogs: docs/translations.md."""
LOCALE_PATHS = [BASE_DIR / "templates" / "locale", BASE_DIR / "sessions_app" / "locale"]
"""The application's catalog is here as well, so that its words have precedence over those of Django and django-allauth."""
FORMAT_MODULE_PATH = "dubbing_sessions.formats"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
USE_TZ = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")

# ---- Security --------------------------------------------------------------------
SESSION_ENGINE = "dubbing_sessions.session_backend"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SECURE_SSL_REDIRECT = _https and env_bool("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env_bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")
"""Proxies whose X-Forwarded-For is trusted: see ``sessions_app.http.addresses``."""
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SILENCED_SYSTEM_CHECKS: list[str] = []

# ---- Metrics ------------------------------------------------------------------------
METRICS_TOKEN = env_str("METRICS_TOKEN")
METRICS_NETWORKS = env_networks("METRICS_NETWORKS")
"""Clients that may read `/metrics`. Without either of them there is no such page."""
METRICS_FOLDER = os.environ.get(metrics_folder.VARIABLE, "")
"""Folder in which the web processes of one server count requests."""

# ---- Logs ---------------------------------------------------------------------------
LOGGING = build_logging(log_format=env_str("LOG_FORMAT", "text"), level=env_str("LOG_LEVEL", "INFO"))
