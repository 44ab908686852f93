/* The verifier in a browser. These are classic scripts and not modules, because browsers refuse to load modules from a
   disk (file://), and this page must work from a disk. Each file adds one object to `ithaca`, named like the Python module
   that it follows line by line: `ledger_bridge/tlog/` and `verifier/`. The order is the one below, here and in
   `index.html`. Nothing is fetched, and nothing is sent. */
"use strict";

globalThis.ithaca = {
  files: [
    "errors.js", "bytes.js", "sha256.js", "keccak.js", "encoding.js", "merkle.js", "entry.js", "checkpoint.js",
    "note.js", "cosignature.js", "mldsa44.js", "mldsa.js", "policy.js", "proof.js", "consistency.js", "partial.js",
    "tags.js", "chain.js", "der.js", "timestamp.js", "certificate.js", "signatures.js", "token_signature.js",
    "report.js", "strict_json.js", "wording.js", "scope.js", "form.js", "spans.js", "events.js", "reading.js",
    "streams.js", "succession.js", "erasures.js", "notices.js", "archive.js", "anchors.js", "held.js", "claims.js",
    "whole.js", "short.js", "trail.js", "receipt.js", "main.js",
  ],
};
