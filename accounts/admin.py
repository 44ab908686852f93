"""A read-only window on this room's tables. Nothing is changed here: changes are deeds, and deeds are recorded."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from accounts.models import AdminAppointment, Application, Institution, TermsVersion, User


class IthacaAdminSite(admin.AdminSite):
    site_header = "Ithaca: tables of people"
    site_title = "Ithaca"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return (
            isinstance(user, User)
            and user.is_staff
            and user.role == User.Role.COMMISSION_ADMIN
            and user.in_good_standing
        )

    def get_urls(self) -> list[Any]:
        """Leave out the forms for a new password: they ask for no second factor and record nothing."""
        closed = {"password_change", "password_change_done"}
        return [entry for entry in super().get_urls() if getattr(entry, "name", None) not in closed]

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send everybody to the one sign-in there is: Django's own form asks for no second factor."""
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")


site = IthacaAdminSite(name="admin")


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Institution, site=site)
class InstitutionAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "city", "country"]
    search_fields = ["name", "city"]


@admin.register(User, site=site)
class UserAdmin(ReadOnlyAdmin):
    list_display = ["name", "email", "role", "institution", "approved_until", "suspended_at"]
    list_filter = ["role"]
    search_fields = ["name", "email"]
    fields = [
        "name",
        "email",
        "role",
        "institution",
        "profession",
        "orcid",
        "approved_until",
        "suspended_at",
        "is_staff",
    ]


@admin.register(Application, site=site)
class ApplicationAdmin(ReadOnlyAdmin):
    list_display = ["applicant", "institution", "state", "submitted_at", "decided_by"]
    list_filter = ["state"]


@admin.register(AdminAppointment, site=site)
class AdminAppointmentAdmin(ReadOnlyAdmin):
    list_display = ["candidate", "role", "state", "proposed_by", "confirmed_by"]


@admin.register(TermsVersion, site=site)
class TermsVersionAdmin(ReadOnlyAdmin):
    list_display = ["version", "effective_at"]
