/* The log of an export that holds every leaf: `verifier/whole.py`, which lists the rules. */
"use strict";

ithaca.whole = (() => {
  const { MismatchError } = ithaca.errors;
  const { equal } = ithaca.bytes;
  const { LEAF_SIZE, LEAF_VERSION } = ithaca.entry;
  const { DenseMarks } = ithaca.events;
  const { EMPTY_ROOT, Frontier, leafHash } = ithaca.merkle;
  const LEAVES = "leaves.bin", LEAVES_AT_ONCE = 2048;

  /** Check that there is a leaf for every place up to the checkpoint. */
  function requireLeafCount(archive, size) {
    const bytes = archive.size(LEAVES), held = Math.floor(bytes / LEAF_SIZE), rest = bytes % LEAF_SIZE;
    if (held !== size || rest) {
      const sentence = `it holds ${held} leaves${rest ? " and a rest" : ""}, but the checkpoint covers ${size}`;
      throw new MismatchError(sentence, { member: LEAVES });
    }
  }

  /** All leaves in order, in chunks of whole ones. */
  const leavesOf = (archive) => archive.blocks(LEAVES, LEAVES_AT_ONCE * LEAF_SIZE);

  /** Every leaf of the log up to the checkpoint. */
  class WholeLog {
    #archive;
    #scope;
    #claims;
    #frontier = new Frontier();
    #wanted;
    #roots = new Map([[0, EMPTY_ROOT]]);

    constructor(archive, scope, claims) {
      this.#archive = archive;
      this.#scope = scope;
      this.#claims = claims;
      this.#wanted = claims.sizes;
    }

    /** Walk along the log once, with the events in step. `next` gives one event after the other, and null at the end. */
    async follow(begin, next) {
      this.marks = new DenseMarks(this.#claims.checkpoint.size);
      const register = begin(this.marks);
      let pending = await next();
      for await (const chunk of leavesOf(this.#archive)) {
        const first = this.#frontier.size;
        this.#grow(chunk);
        while (pending && pending.index < this.#frontier.size) {
          register.expect(pending);
          const place = (pending.index - first) * LEAF_SIZE;
          register.place(pending, chunk.subarray(place, place + LEAF_SIZE));
          pending = await next();
        }
      }
      if (pending) register.expect(pending);
      return register;
    }

    async checkRoots() {
      if (!equal(this.#frontier.root(), this.#claims.checkpoint.root)) {
        throw new MismatchError("the leaves do not give the root in the checkpoint", { member: LEAVES });
      }
      this.#claims.check(this.#roots, LEAVES);
    }

    describe(report) {
      report.passed(`The ${this.#frontier.size} leaves give the root that was signed.`);
    }

    /** Look for every tag of the disclosed streams; return how many of their entries the export leaves out. */
    checkStreams() {
      return ithaca.streams.checkStreams(this.#scope, () => leavesOf(this.#archive), this.marks);
    }

    #grow(chunk) {
      for (let at = 0; at < chunk.length; at += LEAF_SIZE) {
        if (chunk[at] !== LEAF_VERSION) throw new MismatchError("a leaf is not of version 1", { member: LEAVES });
      }
      for (let at = 0; at < chunk.length; at += LEAF_SIZE) {
        this.#frontier.append(leafHash(chunk.subarray(at, at + LEAF_SIZE)));
        if (this.#wanted.has(this.#frontier.size)) this.#roots.set(this.#frontier.size, this.#frontier.root());
      }
    }
  }

  return { WholeLog, leavesOf, requireLeafCount };
})();
