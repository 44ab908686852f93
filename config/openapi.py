"""How the API describes itself, at /api/v1/schema/."""

from typing import Any

OPENAPI: dict[str, Any] = {
    "TITLE": "Ithaca",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "ItemKind": "workspaces.models.Item.Kind",
        "ItemRight": "sharing.serializers.RIGHT_CHOICES",
        "RequestState": "sharing.requests.models.AccessRequest.State",
    },
    "SERVE_PERMISSIONS": ["core.api.IsSignedIn"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "A token made under “Tokens for programs”."}
        }
    },
    "SECURITY": [{"token": []}],
}
