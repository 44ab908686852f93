"""All that somebody was given and has given, and letting it last longer, for programs."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import IsSignedIn
from sharing import services
from sharing.api import asked_in, plain
from sharing.forms import GrantFilterForm
from sharing.selectors import grants as selectors
from sharing.serializers import MyGrantsOut, RenewalIn, RenewedOut
from sharing.views.fetching import confirmed_outside, person_of, receiver_of
from sharing.views.grants import get_any_grant

_PAGE_SIZE = 100
_CHOICES = {"list": selectors.LISTS, "state": selectors.STATES, "kind": selectors.KINDS, "sort": selectors.SORTS}
_PARAMETERS = [OpenApiParameter(name, enum=[code for code in codes if code]) for name, codes in _CHOICES.items()]


class MyGrants(APIView):
    """A page of what a person was given, or gave; the first to end first, unless it says otherwise."""

    permission_classes = [IsSignedIn]

    @extend_schema(
        parameters=[*_PARAMETERS, OpenApiParameter("q"), OpenApiParameter("page", int)], responses=MyGrantsOut
    )
    def get(self, request: Request) -> Response:
        user = person_of(plain(request))
        which = str(request.GET.get("list", "received"))
        found = selectors.my_grants(user, which, **GrantFilterForm(plain(request).GET).chosen)
        pages = Paginator(found, _PAGE_SIZE)
        page = pages.get_page(request.GET.get("page"))
        rows = selectors.rows_for(user, page.object_list)
        return Response(
            MyGrantsOut({"count": pages.count, "page": page.number, "pages": pages.num_pages, "grants": rows}).data
        )


class Renewal(APIView):
    """Letting a role or an exception last longer."""

    permission_classes = [IsSignedIn]

    @extend_schema(request=RenewalIn, responses=RenewedOut)
    def post(self, request: Request, grant_id: UUID) -> HttpResponseBase:
        grant = get_any_grant(plain(request), grant_id)
        asked = asked_in(RenewalIn, request)

        def renew(asking: HttpRequest) -> Response:
            renewed = services.renew_grant(actor=person_of(asking), grant=grant, **asked)
            return Response(RenewedOut(renewed).data)

        return confirmed_outside(plain(request), receiver_of(grant), renew)(plain(request))
