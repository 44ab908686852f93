"""The command line `ithaca`: looks at, brings in and takes away files of an installation, with a token.

It stands alone: it speaks to the API (/api/v1/schema/) over HTTP, and imports of the project only what verifies offline
(`verifier`, `workspaces.crypt4gh`).
"""
