"""A real OpenID Connect server for the tests: Django with django-oauth-toolkit, on loopback.

    oidc_server.py FOLDER CALLBACK

prints its port. Whoever signs in there is a user of the table below; `tid` and `hd` are as Microsoft and Google
write them.
"""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

folder, callback = sys.argv[1:]

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

PASSWORD = "for the tests alone"
# name: address, whether it is proved, tenant, hosted domain
PEOPLE = {
    "okafor": ("g.okafor@oakfield.example", True, "t-oakfield", "oakfield.example"),
    "unproved": ("g.okafor@oakfield.example", False, None, None),
    "private": ("grace.okafor@homemail.example", True, "t-oakfield", "oakfield.example"),
    "pupil": ("26amartin@pupils.oakfield.example", True, "t-oakfield", "oakfield.example"),
    "elsewhere": ("g.okafor@oakfield.example", True, "t-other", "other.example"),
}


key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
settings.configure(
    DEBUG=False,
    SECRET_KEY="for the tests alone",
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.path.join(folder, "oidc.db")}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request"],
                "loaders": [
                    (
                        "django.template.loaders.locmem.Loader",
                        {
                            "registration/login.html": "<form method='post'>{% csrf_token %}{{ form }}"
                            "<input type='hidden' name='next' value='{{ next }}'></form>"
                        },
                    )
                ],
            },
        }
    ],
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    LOGIN_URL="/accounts/login/",
    USE_TZ=True,
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": key.decode(),
        "OAUTH2_VALIDATOR_CLASS": "__main__.Validator",
        "PKCE_REQUIRED": True,
        "SCOPES": {"openid": "who", "email": "address", "profile": "name"},
        "ALLOWED_REDIRECT_URI_SCHEMES": ["http", "https"],
    },
)
django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.views import LoginView
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from oauth2_provider.models import get_application_model
from oauth2_provider.oauth2_validators import OAuth2Validator


class Validator(OAuth2Validator):
    oidc_claim_scope = None

    def get_additional_claims(self, request):
        address, proved, tenant, hosted = PEOPLE[request.user.username]
        claims = {"email": address, "email_verified": proved, "preferred_username": address}
        if tenant:
            claims["tid"] = tenant
        if hosted:
            claims["hd"] = hosted
        return claims


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("accounts/login/", LoginView.as_view()),
]

call_command("migrate", verbosity=0)
for name in PEOPLE:
    get_user_model().objects.create_user(name, password=PASSWORD)
get_application_model().objects.create(
    name="Gatehouse",
    client_id="gatehouse",
    client_secret="a secret of the tests",
    client_type="confidential",
    authorization_grant_type="authorization-code",
    redirect_uris=callback,
    algorithm="RS256",
    skip_authorization=True,
)


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
print(server.server_port, flush=True)
server.serve_forever()
