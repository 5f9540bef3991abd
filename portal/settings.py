"""Settings of Proffer. Every deployment choice is an environment variable; README lists them all."""

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from portal.database_settings import postgresql
from portal.image_settings import handed_over, image_store, licence_rules
from portal.replica_settings import replica
from portal.secret_key import stored_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# The demonstration runs over plain HTTP on this machine; everything else is as in production.
DEMO = env.bool("PROFFER_DEMO", default=False)
VAR_DIR = Path(env("VAR_DIR", default=str(BASE_DIR / "var")))
# The database, the key and, without SMTP_HOST, mail with reset links: nobody else on this host reads them.
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
SECRET_KEY = env("SECRET_KEY", default="") or stored_secret_key(VAR_DIR / "secret-key")
# Earlier keys, which still read what was signed or encrypted with them.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# What a tenant ID looks like in this cloud: a regular expression without anchors, groups unnamed.
TENANT_ID_PATTERN = env("TENANT_ID_PATTERN", default=r"[0-9]{1,20}")
# How many members one image can have; 0 or less for no limit.
MEMBER_QUOTA = env.int("MEMBER_QUOTA", default=1000)
REGION = env("REGION", default="")
# Seconds that a token of the API is good for.
TOKEN_LIFETIME = env.int("TOKEN_LIFETIME", default=3600)
# What a tenant may keep here, unless its record says otherwise; 0 or less for no limit.
BYTE_QUOTA = env.int("BYTE_QUOTA", default=2**40)
IMAGE_QUOTA = env.int("IMAGE_QUOTA", default=1000)
# Which images a licence keeps from being exported: `property=value`, or `property=value:the licence's name`.
LICENCE_RULES = licence_rules(
    env.list(
        "LICENCE_RULES",
        default=[
            "os_type=windows:Windows",
            "os_distro=windows:Windows",
            "os_distro=rhel:Red Hat Enterprise Linux",
        ],
    )
)

try:
    re.compile(TENANT_ID_PATTERN)
except re.error as error:
    raise ImproperlyConfigured(f"TENANT_ID_PATTERN is not a regular expression: {error}") from error

INSTALLED_APPS = [
    "sharing",
    "portal.apps.ProfferAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # For our own field template; see FORM_RENDERER.
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_tasks_db",
    "heroicons",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.FreshPagesMiddleware",
    "portal.middleware.CompressedPagesMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.SignInRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.RefusalMiddleware",
]
# Room for as many choices as a form takes (sharing.forms.MANY), its token and its tab.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1100
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "sharing.templatetags.proffer",
                "sharing.templatetags.icons",
                "sharing.templatetags.addresses",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sharing.tenancy.acting_tenant",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASE_POOLER = env("DATABASE_POOLER", default="")
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/proffer.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Measured: no "database is locked" at 8 writers; Django's defaults gave thousands.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
else:
    DATABASES["default"] = postgresql(
        DATABASES["default"], DATABASE_POOLER, env.int("PREPARE_THRESHOLD", default=None)
    )
if env("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = replica(env.db("DATABASE_REPLICA_URL"), DATABASES["default"])
    DATABASE_ROUTERS = ["sharing.replica.ListRouter"]
# Seconds that a list may lag behind; where the replica lags more, the primary gives it.
REPLICA_LAG_MAX = env.float("REPLICA_LAG_MAX", default=10)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Rate limits of sign-in count in the database, so that all workers count together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Beyond it, counters that still count are thrown away; Django's default is 300.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Mail leaves from a task after the commit, never in the request; the demonstration has no worker.
TASKS = {
    "default": {
        "BACKEND": "django.tasks.backends.immediate.ImmediateBackend"
        if DEMO
        else "django_tasks_db.DatabaseBackend"
    }
}
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(VAR_DIR / "mail")},
    }
    if DEMO or not env("SMTP_HOST", default="")
    else {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env("SMTP_HOST"),
            "port": env.int("SMTP_PORT", default=587),
            "username": env("SMTP_USER", default=""),
            "password": env("SMTP_PASSWORD", default=""),
            "use_tls": env.bool("SMTP_TLS", default=True),
            "timeout": 20,
        },
    }
}
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="Proffer <proffer@localhost>")

AUTH_USER_MODEL = "sharing.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.accounts.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
MFA_ADAPTER = "portal.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Proffer"
# Operators vouch for addresses, and nobody can sign up with one of somebody else.
MFA_ALLOW_UNVERIFIED_EMAIL = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SESSION_ENGINE = "portal.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEMO)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEMO else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=not DEMO)
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Data on its way in; on the same file system as a local store, so that storing it is a link.
UPLOAD_DIR = Path(env("UPLOAD_DIR", default=str(VAR_DIR / "uploads")))
# Files of forms go there too, where there is room for them.
UPLOAD_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
FILE_UPLOAD_TEMP_DIR = UPLOAD_DIR
FILE_UPLOAD_HANDLERS = ["portal.form_files.AwaitedFiles"]
# Hours that an upload may rest before housekeeping ends it.
UPLOAD_EXPIRY = env.int("UPLOAD_EXPIRY", default=48)
# The front server's header to hand a local file over with, instead of streaming it.
SENDFILE = handed_over(env("SENDFILE", default=""))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "images": image_store(env("IMAGE_STORE", default=str(VAR_DIR / "images"))),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
