/* Timestamped Ed25519 cosignatures (C2SP tlog-cosignature v1.0.1, type 0x04): `ledger_bridge/tlog/cosignature.py`. */
"use strict";

ithaca.cosignature = (() => {
  const { SignatureError } = ithaca.errors;
  const { ascii, concat, integer } = ithaca.bytes;
  const { MAX_SIZE } = ithaca.encoding;
  const { requireEd25519Key, verifyEd25519 } = ithaca.note;
  const COSIGNATURE_ED25519 = 0x04;
  const TIME_SIZE = 8;

  /** The POSIX time that a cosignature states. */
  function timestamp(blob) {
    const time = integer(blob.subarray(0, TIME_SIZE));
    if (blob.length <= TIME_SIZE || time > MAX_SIZE) throw new SignatureError("the cosignature states no time");
    return time;
  }

  /** Checks the cosignatures of one witness. */
  class CosignatureVerifier {
    constructor(key) {
      this.key = key;
      requireEd25519Key(key);
    }

    async verify(text, blob) {
      const message = concat(ascii(`cosignature/v1\ntime ${timestamp(blob)}\n`), text);
      await verifyEd25519(this.key, blob.slice(TIME_SIZE), message);
    }
  }

  return { COSIGNATURE_ED25519, CosignatureVerifier, timestamp };
})();
