/* What others say about earlier states of the log, and whether the log of the export was in those: `verifier/claims.py`. */
"use strict";

ithaca.claims = (() => {
  const { MismatchError } = ithaca.errors;
  const { equal } = ithaca.bytes;

  /** The checkpoint of the export, an earlier one that the auditor knows, anchors, and receipts that people kept. */
  class Claims {
    constructor(checkpoint, earlier, anchors, held) {
      this.checkpoint = checkpoint;
      this.earlier = earlier;
      this.anchors = anchors;
      this.held = held;
    }

    /** Every size about which somebody says something. */
    get sizes() {
      const sizes = [...this.anchors.map((one) => one.shown.size), ...this.held.map((one) => one.checkpoint.size)];
      return new Set(this.earlier ? [...sizes, this.earlier.size] : sizes);
    }

    /** Compare with the roots that the log of the export had, by size. */
    check(roots, member) {
      for (const { shown, place } of this.anchors) {
        if (!equal(roots.get(shown.size), shown.root)) {
          const sentence = `${place} holds another root for the first ${shown.size} leaves: history was changed`;
          throw new MismatchError(sentence, { member });
        }
      }
      for (const receipt of this.held) {
        const { size, root } = receipt.checkpoint;
        if (!equal(roots.get(size), root)) {
          throw receipt.mismatch(`the first ${size} leaves are not those of its checkpoint: history was changed`);
        }
      }
      const earlier = this.earlier;
      if (earlier && !equal(roots.get(earlier.size), earlier.root)) {
        const sentence = `the first ${earlier.size} leaves are not those of the checkpoint you know: history was changed`;
        throw new MismatchError(sentence, { member });
      }
    }
  }

  return { Claims };
})();
