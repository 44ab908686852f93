/* Timestamped ML-DSA-44 cosignatures (C2SP tlog-cosignature v1.1.0-rc.1, type 0x06): `ledger_bridge/tlog/mldsa.py`. */
"use strict";

ithaca.mldsa = (() => {
  const { FormatError, SignatureError, translate } = ithaca.errors;
  const { ascii, concat, integer, toUtf8, u64 } = ithaca.bytes;
  const { MAX_SIZE } = ithaca.encoding;
  const { PUBLIC_KEY_SIZE, SIGNATURE_SIZE, verify } = ithaca.mldsa44;
  const MLDSA44 = 0x06;
  const TIME_SIZE = 8, LONGEST_NAME = 255;
  const LABEL = ascii("subtree/v1\n\0");

  function framed(text, what) {
    const raw = toUtf8(text);
    if (raw.length < 1 || raw.length > LONGEST_NAME || text.includes("\n")) {
      const sentence = `the ${what} has ${raw.length} bytes or several lines; ML-DSA-44 signs 1 to ${LONGEST_NAME} bytes`;
      throw new FormatError(sentence);
    }
    return concat(Uint8Array.of(raw.length), raw);
  }

  /** What is signed for a whole tree: the subtree from 0 to its size. */
  function message(checkpoint, signer, time) {
    if (time > MAX_SIZE) throw new FormatError(`the time ${time} cannot stand in a cosignature`);
    const tree = concat(u64(0), u64(checkpoint.size), checkpoint.root);
    return concat(LABEL, framed(signer, "name"), u64(time), framed(checkpoint.origin, "origin"), tree);
  }

  /** Checks the type 0x06 signatures of one key. */
  class MldsaVerifier {
    constructor(key) {
      if (key.publicKey.length !== PUBLIC_KEY_SIZE) throw new FormatError(`the key of ${key.name} is not an ML-DSA-44 key`);
      this.key = key;
    }

    async verify(text, blob) {
      const name = this.key.name;
      const below = (error) => new SignatureError(`the signature by ${name} is not below a checkpoint: ${error.message}`);
      const checkpoint = translate(FormatError, below, () => ithaca.checkpoint.parse(text));
      if (blob.length !== TIME_SIZE + SIGNATURE_SIZE) {
        throw new SignatureError(`the ML-DSA-44 signature by ${name} has ${blob.length} bytes`);
      }
      const refused = new SignatureError(`the ML-DSA-44 signature by ${name} does not verify`);
      const time = integer(blob.subarray(0, TIME_SIZE));
      const signed = translate(FormatError, () => refused, () => message(checkpoint, name, time));
      if (!verify(this.key.publicKey, signed, blob.subarray(TIME_SIZE))) throw refused;
    }
  }

  return { MLDSA44, MldsaVerifier };
})();
