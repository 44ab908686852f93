/* A file that shows that a log continues the same log of an earlier size: `ledger_bridge/tlog/consistency.py`. */
"use strict";

ithaca.consistency = (() => {
  const { FormatError } = ithaca.errors;
  const { decimal, hashFromBase64 } = ithaca.encoding;
  const { verifyConsistency } = ithaca.merkle;
  const HEADER = "ithaca-consistency/v1";
  const MAX_HASHES = 126, MAX_SIZE = 1 << 14;

  /** Two sizes of a log, and the hashes that lead from the root of one to that of the other. */
  class Consistency {
    constructor(old, fresh, hashes) {
      this.old = old;
      this.fresh = fresh;
      this.hashes = hashes;
    }

    static parse(data) {
      const lines = data.length > MAX_SIZE || data.some((byte) => byte > 127) ? [] : new TextDecoder().decode(data).split("\n");
      if (lines.length < 2 || lines.shift() !== HEADER || lines.pop() !== "") {
        throw new FormatError(`a proof of consistency begins with ${HEADER} and ends with a line feed`);
      }
      const [first, second, ...rest] = lines;
      if (!first?.startsWith("old ") || !second?.startsWith("new ")) {
        throw new FormatError("a proof of consistency names two sizes");
      }
      const old = decimal(first.slice(4), "old"), fresh = decimal(second.slice(4), "new");
      if (!(0 < old && old < fresh) || rest.length > MAX_HASHES) {
        throw new FormatError("a proof of consistency leads from a smaller size to a larger one");
      }
      return new Consistency(old, fresh, rest.map((line, at) => hashFromBase64(line, `hash ${at + 1}`)));
    }

    /** Check that the log with the new root begins with the one that had the old root. */
    check(oldRoot, newRoot) {
      verifyConsistency({ oldSize: this.old, newSize: this.fresh, oldRoot, newRoot, proof: this.hashes });
    }
  }

  return { Consistency };
})();
