/* Proofs for one entry (C2SP tlog-proof): `ledger_bridge/tlog/proof.py`. */
"use strict";

ithaca.proof = (() => {
  const { FormatError } = ithaca.errors;
  const { decimal, hashFromBase64, unbase64 } = ithaca.encoding;
  const HEADER = "c2sp.org/tlog-proof@v1";
  const MAX_HASHES = 63, MAX_PROOF_SIZE = 4 << 20;

  /** Read the file: index, inclusion proof, checkpoint note, and whatever the application adds. */
  function parse(data) {
    if (data.length > MAX_PROOF_SIZE) throw new FormatError(`a proof has at most ${MAX_PROOF_SIZE} bytes`);
    let blank = 0;
    while (blank < data.length && !(data[blank] === 10 && data[blank + 1] === 10)) blank++;
    const head = data.subarray(0, blank);
    if (head.some((byte) => byte > 127)) throw new FormatError("the proof holds something else than ASCII text");
    const [first, ...lines] = new TextDecoder().decode(head).split("\n");
    const note = data.slice(blank + 2);
    if (first !== HEADER || !note.length) {
      throw new FormatError(`a proof begins with ${HEADER} and ends with a checkpoint`);
    }
    const extra = lines[0]?.startsWith("extra ") ? unbase64(lines.shift().slice(6), "extra") : null;
    if (!lines[0]?.startsWith("index ")) throw new FormatError("the proof names no index");
    if (lines.length - 1 > MAX_HASHES) throw new FormatError(`a proof has at most ${MAX_HASHES} hashes`);
    const hashes = lines.slice(1).map((line, at) => hashFromBase64(line, `hash ${at + 1}`));
    return { index: decimal(lines[0].slice(6), "index"), hashes, note, extra };
  }

  return { HEADER, parse };
})();
