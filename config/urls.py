"""Every address of the installation."""

from django.urls import include, path

from accounts.admin import site as admin_site
from ledger_bridge.views.promises import promises
from ledger_bridge.views.verifier import verifier
from sharing.views.home import home

urlpatterns = [
    path("", include("ledger_bridge.urls")),
    path("promises/", promises, name="promises"),
    path("verify/", verifier, name="verifier"),
    path("verify/<str:name>", verifier, name="verifier_file"),
    path("", home, name="home"),
    path("", include("sharing.urls")),
    path("accounts/", include("accounts.signin_urls")),
    path("", include("accounts.urls")),
    path("admin/", admin_site.urls),
    path("workspaces/", include("workspaces.urls")),
    path("api/v1/", include("accounts.api_urls")),
    path("api/v1/", include("workspaces.api_urls")),
    path("api/v1/", include("sharing.api_urls")),
]

handler500 = "core.outage.answer_error"
