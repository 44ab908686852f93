"""The rules of IHE BALP 1.1.3 as a table: what a record that claims one of its profiles has to keep.

Written down from the profiles' differentials at https://profiles.ihe.net/ITI/BALP (CC BY 4.0), volume 3, 5.7.3 (RESTful
activities) and 5.7.7 (privacy disclosure). Slicing is open there: what no slice describes is allowed.
"""

from dataclasses import dataclass, field
from typing import Any

CANONICAL = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
TERMS = "http://terminology.hl7.org/CodeSystem"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = f"{TERMS}/audit-event-type"
INTERACTION = "http://hl7.org/fhir/restful-interaction"
X_REQUEST_ID = ("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId")
DATA, PATIENT = (f"{TERMS}/audit-entity-type", "2"), (f"{TERMS}/audit-entity-type", "1")
REST_OBJECT_ROLES = {"3", "4", "20"}
"""Value set RestObjectRoles: report, domain resource, job."""

Pair = tuple[str, str]
APPLICATION, DESTINATION, SOURCE = (DCM, "110150"), (DCM, "110152"), (DCM, "110153")
CUSTODIAN = (f"{TERMS}/provenance-participant-type", "custodian")
RECIPIENT = frozenset({(f"{TERMS}/v3-ParticipationType", "IRCP")})
DATA_SOURCES = frozenset((f"{TERMS}/v3-ParticipationType", code) for code in ("AUT", "INF", "CST"))


@dataclass(frozen=True)
class Profile:
    """One of the profiles of 3:5.7.3: the fixed codes, and who the client, the server and the user are."""

    action: str
    interactions: frozenset[str]
    client: Pair
    server: Pair
    user: frozenset[Pair]
    only_interaction: bool = False
    bare_client_and_server: frozenset[str] = field(default_factory=frozenset)


_NETWORK_ONLY = frozenset({"role", "altId", "name", "location", "policy", "purposeOfUse"})
PROFILES = {
    "Create": Profile("C", frozenset({"create"}), SOURCE, DESTINATION, DATA_SOURCES),
    "Read": Profile("R", frozenset({"read", "vread"}), DESTINATION, SOURCE, RECIPIENT),
    "Update": Profile("U", frozenset({"update", "patch"}), SOURCE, DESTINATION, DATA_SOURCES),
    "Delete": Profile("D", frozenset({"delete"}), APPLICATION, CUSTODIAN, DATA_SOURCES, True, _NETWORK_ONLY),
    "Query": Profile("E", frozenset({"search", "search-type", "search-system"}), SOURCE, DESTINATION, RECIPIENT),
}


def claimed(resource: dict[str, Any]) -> str:
    """The profile that a record claims, without BALP's own prefix; nothing if it claims none."""
    profiles = resource.get("meta", {}).get("profile", [])
    assert all(profile.startswith(CANONICAL) for profile in profiles)
    return profiles[0].removeprefix(CANONICAL) if profiles else ""


def check(resource: dict[str, Any]) -> None:
    """Hold a record against the profile that it claims."""
    name = claimed(resource)
    if name == "PrivacyDisclosure.Source":
        _check_disclosure(resource)
    elif name:
        _check_rest(resource, name.removeprefix("Patient"))
        assert bool(_sliced(resource["entity"], PATIENT, role="1")) == name.startswith("Patient")
    _check_patients(resource)


def _check_rest(resource: dict[str, Any], name: str) -> None:
    profile = PROFILES[name]
    assert pair(resource["type"]) == (REST, "rest")
    subtypes = [pair(coding) for coding in resource["subtype"]]
    assert {(INTERACTION, code) for code in profile.interactions} & set(subtypes)
    assert len(subtypes) == 1 or not profile.only_interaction
    assert (resource["action"], resource["outcome"]) == (profile.action, "0")
    assert "recorded" in resource
    assert len(resource["agent"]) >= 2
    for role in (profile.client, profile.server):
        (agent,) = _agents(resource, role)
        assert agent["who"]
        assert agent["network"]["address"]
        assert agent.keys().isdisjoint({"media", *profile.bare_client_and_server})
    _check_user(resource, profile.user)
    _check_entities(resource, name)


def _check_user(resource: dict[str, Any], types: frozenset[Pair]) -> None:
    users = [agent for role in types for agent in _agents(resource, role)]
    assert len(users) <= 1
    for user in users:
        assert user["who"]
        assert user["requestor"] is True
        assert user.keys().isdisjoint({"media", "network"})
    # Nobody but a user may come under the code of one from another profile.
    assert not [agent for role in (RECIPIENT | DATA_SOURCES) - types for agent in _agents(resource, role)]


def _check_entities(resource: dict[str, Any], name: str) -> None:
    transactions = _sliced(resource["entity"], X_REQUEST_ID)
    assert len(transactions) <= 1
    assert all(one["what"]["identifier"]["value"] for one in transactions)
    (data,) = _sliced(resource["entity"], DATA)
    if name == "Query":
        assert data["role"]["code"] == "24"
        assert data["query"]
        assert data.keys().isdisjoint({"what", "lifecycle", "detail"})
        return
    assert data["what"]
    assert data["role"]["code"] in REST_OBJECT_ROLES
    if name == "Delete":
        assert data.keys().isdisjoint({"lifecycle", "name", "query", "detail"})


def _check_disclosure(resource: dict[str, Any]) -> None:
    """3:5.7.7, at the source: an export, by this installation, about a patient."""
    assert pair(resource["type"]) == (DCM, "110106")
    assert (f"{TERMS}/iso-21089-lifecycle", "disclose") in [pair(coding) for coding in resource["subtype"]]
    assert resource["action"] == "R"
    assert "outcome" in resource
    (source,) = _agents(resource, SOURCE)
    (recipient,) = _agents(resource, DESTINATION)
    assert source["who"] == resource["source"]["observer"]  # val-audit-source
    assert source["network"]["address"]
    assert recipient["network"]["address"]
    assert recipient["who"]
    assert len(resource["entity"]) >= 2
    assert _sliced(resource["entity"], PATIENT, role="1")


def _check_patients(resource: dict[str, Any]) -> None:
    for patient in _sliced(resource["entity"], PATIENT, role="1"):
        assert patient["what"]["type"] == "Patient"
        assert patient.keys().isdisjoint({"lifecycle", "securityLabel", "name", "query", "detail"})


def pair(coding: dict[str, Any]) -> Pair:
    return coding["system"], coding["code"]


def _agents(resource: dict[str, Any], role: Pair) -> list[dict[str, Any]]:
    return [agent for agent in resource["agent"] if role in [pair(coding) for coding in agent["type"]["coding"]]]


def _sliced(entities: list[dict[str, Any]], type_: Pair, role: str = "") -> list[dict[str, Any]]:
    of_type = [entity for entity in entities if pair(entity["type"]) == type_]
    return [entity for entity in of_type if not role or entity["role"]["code"] == role]
