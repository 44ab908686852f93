"""Every address of the installation."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from accounts.admin import site as admin_site
from ledger_bridge.views.promises import promises
from ledger_bridge.views.verifier import verifier
from sharing.views.home import home
from workspaces.views.installation import installation_key, installation_key_file
from workspaces.views.searching import search

urlpatterns = [
    # First, because programs ask for these most, and every address before them is tried in vain.
    path("workspaces/", include("workspaces.urls")),
    path("api/v1/", include("workspaces.api_urls")),
    path("", include("ledger_bridge.urls")),
    path("promises/", promises, name="promises"),
    path("verify/", verifier, name="verifier"),
    path("verify/<str:name>", verifier, name="verifier_file"),
    path("", home, name="home"),
    path("", include("sharing.urls")),
    path("accounts/", include("accounts.signin_urls")),
    path("", include("accounts.urls")),
    path("admin/", admin_site.urls),
    path("search/", search, name="search"),
    path("crypt4gh-key/", installation_key, name="installation_key"),
    path("crypt4gh-key/ithaca.pub", installation_key_file, name="installation_key_file"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/", include("accounts.api_urls")),
    path("api/v1/", include("sharing.api_urls")),
]

handler500 = "core.outage.answer_error"
