"""The API of this room: who am I, and who is there to share with. Deeds about people have pages only."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import generics, serializers

from accounts.models import Institution, User
from accounts.permissions import Right
from accounts.selectors import people_list, standing_of
from accounts.views.answers import person_of
from core.access import require
from core.api import IsSignedIn


class InstitutionSerializer(serializers.ModelSerializer[Institution]):
    class Meta:
        model = Institution
        fields: ClassVar = ["id", "name", "kind", "city", "country"]


class PersonSerializer(serializers.ModelSerializer[User]):
    institution = InstitutionSerializer(read_only=True)
    standing = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields: ClassVar = ["id", "name", "email", "role", "institution", "profession", "standing"]
        read_only_fields = fields

    def get_standing(self, person: User) -> str:
        return standing_of(person)


class Me(generics.RetrieveAPIView[User]):
    """The person who asks."""

    permission_classes = [IsSignedIn]
    token_scopes: ClassVar = {"GET": "read"}
    serializer_class = PersonSerializer

    def get_object(self) -> User:
        return person_of(self.request)


class People(generics.ListAPIView[User]):
    """People whom the caller may see; `q` searches names, addresses and professions."""

    permission_classes = [IsSignedIn]
    serializer_class = PersonSerializer
    queryset = User.objects.none()

    def get_queryset(self) -> QuerySet[User]:
        reader = person_of(self.request)
        require(reader, Right.SEE_PEOPLE)
        return people_list(reader, q=_words(self.request.GET))


class Institutions(generics.ListAPIView[Institution]):
    permission_classes = [IsSignedIn]
    serializer_class = InstitutionSerializer
    queryset = Institution.objects.none()

    def get_queryset(self) -> QuerySet[Institution]:
        return Institution.objects.all().visible_to(person_of(self.request))


def _words(query: Any) -> str:
    return str(query.get("q", "")).replace("\x00", "")[:200]
