/* Checkpoints (C2SP tlog-checkpoint v1.0.0): `ledger_bridge/tlog/checkpoint.py`. */
"use strict";

ithaca.checkpoint = (() => {
  const { FormatError, translate } = ithaca.errors;
  const { equal, fromUtf8 } = ithaca.bytes;
  const { decimal, hashFromBase64, toBase64 } = ithaca.encoding;
  const { EMPTY_ROOT } = ithaca.merkle;

  /** Read the text of a checkpoint: origin, size and root. */
  function parse(text) {
    const decoded = translate(TypeError, () => new FormatError("the checkpoint is not UTF-8"), () => fromUtf8(text));
    const lines = decoded.split("\n");
    if (lines.length !== 4 || lines[3]) throw new FormatError("a checkpoint has three lines: origin, size and root");
    const checkpoint = { origin: lines[0], size: decimal(lines[1], "size"), root: hashFromBase64(lines[2], "root") };
    requireSane(checkpoint);
    return checkpoint;
  }

  /** The text that is signed. */
  function marshal(checkpoint) {
    requireSane(checkpoint);
    return `${checkpoint.origin}\n${checkpoint.size}\n${toBase64(checkpoint.root)}\n`;
  }

  function requireSane({ origin, size, root }) {
    if (!origin || /[\x00-\x1f]/.test(origin)) throw new FormatError("a checkpoint needs an origin of one line");
    if (size === 0 && !equal(root, EMPTY_ROOT)) {
      throw new FormatError("a checkpoint of size 0 must have the root of the empty tree");
    }
  }

  return { parse, marshal };
})();
