/* The log of an export in short form: some of its leaves, and sorted tags in place of the others: `verifier/short.py`,
   which lists the rules. */
"use strict";

ithaca.short = (() => {
  const { FormatError, MismatchError, ProofError, UnusableError, translate, translateLater } = ithaca.errors;
  const { concat, equal, integer } = ithaca.bytes;
  const { LEAF_SIZE, LEAF_VERSION, SLOTS, TAG_SIZE } = ithaca.entry;
  const { SparseMarks } = ithaca.events;
  const { leafHash } = ithaca.merkle;
  const { Search, batches } = ithaca.streams;
  const { Opening, inHashes } = ithaca.tags;
  const LEAVES = "some-leaves.bin", HASHES = "log-hashes.bin", TAGS = "span-tags.bin", SPANS = "spans.jsonl";
  const PLACE_SIZE = 8, STEP = PLACE_SIZE + LEAF_SIZE, HASH_SIZE = 32, BLOCK = 1 << 18;
  const MOST_LEAVES = 1 << 20, MOST_HASHES = 1 << 23, LARGEST_LOG = 2 ** 50;

  /** Reads a member piece by piece, in pieces of any size. */
  class Reader {
    #blocks;
    #rest = new Uint8Array(0);

    constructor(blocks) {
      this.#blocks = blocks[Symbol.asyncIterator]();
    }

    /** So many bytes, or fewer at the end. */
    async read(size) {
      const parts = [this.#rest];
      let held = this.#rest.length;
      while (held < size) {
        const { done, value } = await this.#blocks.next();
        if (done) break;
        parts.push(value);
        held += value.length;
      }
      const whole = parts.length === 1 ? parts[0] : concat(...parts);
      this.#rest = whole.subarray(Math.min(size, whole.length));
      return whole.subarray(0, Math.min(size, whole.length));
    }
  }

  /** The part of a log that an export shows. */
  class ShortLog {
    #archive;
    #scope;
    #claims;
    #proofs;
    #size;
    #tail;
    #spans = [];
    #shown = new Map();

    constructor(archive, scope, claims, proofs) {
      this.#archive = archive;
      this.#scope = scope;
      this.#claims = claims;
      this.#proofs = proofs;
      this.#size = claims.checkpoint.size;
      this.#tail = scope.tail;
      this.marks = new SparseMarks(this.#size);
    }

    /** Hold every event, and every entry about sorted tags, against its leaf. */
    async follow(begin, next) {
      if (this.#size > LARGEST_LOG) {
        throw new MismatchError("a log of so many leaves has no short form", { member: "checkpoint" });
      }
      // With no stream to follow, nothing needs to be looked up.
      const { origin } = this.#claims.checkpoint, tail = this.#scope.streams.length ? this.#tail : 0;
      this.#spans = ithaca.spans.readSpans(await this.#archive.read(SPANS), { origin, tail });
      await this.#readLeaves();
      const register = begin(this.marks);
      for (let digest = await next(); digest; digest = await next()) {
        register.expect(digest);
        const leaf = this.#shown.get(digest.index);
        if (!leaf) throw new MismatchError(`it does not show the leaf of event ${digest.index}`, { member: LEAVES });
        register.place(digest, leaf);
      }
      for (const one of this.#spans) {
        const leaf = this.#shown.get(one.event.index);
        if (!leaf) throw new MismatchError(`it does not show the leaf of entry ${one.event.index}`, { member: LEAVES });
        one.checkLeaf(leaf);
        one.note(register.roots);
      }
      this.#requireExactlyTheNeeded();
      return register;
    }

    /** Check that leaves and hashes give every root that somebody vouches for. */
    async checkRoots() {
      const size = this.#archive.size(HASHES), where = { member: HASHES };
      if (size % HASH_SIZE || size > MOST_HASHES * HASH_SIZE) {
        throw new MismatchError("it does not hold hashes, or far too many", where);
      }
      const blocks = [];
      for await (const block of this.#archive.blocks(HASHES, BLOCK)) blocks.push(block);
      const hashed = new Map([...this.#shown].map(([at, leaf]) => [at, leafHash(leaf)]));
      const places = [...this.#shown.keys()], hashes = inHashes(concat(...blocks));
      const wrong = (error) => new MismatchError(error.message, where);
      const roots = translate(ProofError, wrong, () =>
        ithaca.partial.roots(this.#size, places, hashed, hashes, this.#scope.sizes));
      if (!equal(roots.get(this.#size), this.#claims.checkpoint.root)) {
        throw new MismatchError("leaves and hashes do not give the root in the checkpoint", where);
      }
      this.#claims.check(new Map([...this.#provenElsewhere(roots), ...roots]), HASHES);
    }

    /** Say what holds of the log, and what rests on sorted tags. */
    describe(report) {
      report.passed(
        `The ${this.#shown.size} leaves that are shown stand, each at its place, in the log of ${this.#size} leaves` +
        " that was signed.",
      );
      if (!this.#spans.length) return;
      const files = this.#spans.length === 1 ? "1 tag file covers" : `${this.#spans.length} tag files cover`;
      report.passed(
        `${files} the first ${this.#tail} leaves, and the log itself names their roots; the ${this.#size - this.#tail}` +
        " leaves after them are all here.",
      );
      report.limit(
        "Whether the tag files are right: this export shows only parts of them. Whoever has the leaves of the log can" +
        " make them again and compare: python -m verifier.recompute. A wrong one could hide the newest entries of a" +
        " stream, from some number on; it could not hide one in the middle, or change one.",
      );
    }

    /** Look up every tag of the disclosed streams; return how many of their entries the export leaves out. */
    async checkStreams() {
      if (!this.#scope.streams.length && this.#archive.size(TAGS)) {
        throw new MismatchError("it holds tags, but there is no stream to follow", { member: TAGS });
      }
      let withheld = 0;
      for (const batch of batches(this.#scope.streams)) withheld += await this.#search(batch);
      return withheld;
    }

    async #search(batch) {
      const search = new Search(batch, this.#scope, this.marks, TAGS);
      const reader = new Reader(this.#archive.blocks(TAGS, BLOCK));
      for (const one of this.#spans) this.#lookUp(search, one, await this.#openSpan(one, reader));
      if ((await reader.read(1)).length) throw new MismatchError("it goes on after the last span", { member: TAGS });
      for (let index = this.#tail; index < this.#size; index++) search.scanChunk(this.#shown.get(index), index);
      return search.finish();
    }

    #lookUp(search, one, opening) {
      for (const [tag, position] of search.wanted()) {
        const wrong = (error) => {
          const { stream, number } = search.name(position);
          return new MismatchError(`number ${number} of ${stream}: ${error.message}`, { member: TAGS, span: one.span.first });
        };
        for (const [index, slot] of translate(ProofError, wrong, () => opening.find(tag))) {
          this.#requireSameTag(tag, index, slot);
          search.hit(position, index, slot);
        }
      }
    }

    /** Where a leaf is shown, its own word is better than that of the sorted tags. */
    #requireSameTag(tag, index, slot) {
      const leaf = this.#shown.get(index), begin = 1 + slot * TAG_SIZE;
      if (leaf && !equal(leaf.subarray(begin, begin + TAG_SIZE), tag)) {
        const sentence = `the ${SLOTS[slot]} slot of this leaf holds another tag than the sorted tags say`;
        throw new MismatchError(sentence, { member: TAGS, leaf: index });
      }
    }

    async #openSpan(one, reader) {
      const where = { member: TAGS, span: one.span.first }, wrong = (error) => new MismatchError(error.message, where);
      const opening = await translateLater(FormatError, wrong, () => Opening.read(one.span, reader));
      if (!equal(translate(ProofError, wrong, () => opening.root()), one.root)) {
        throw new MismatchError("pages and hashes do not give the root that the log names", where);
      }
      translate(ProofError, wrong, () => opening.checkRecords());
      return opening;
    }

    async #readLeaves() {
      const held = Math.floor(this.#archive.size(LEAVES) / STEP), rest = this.#archive.size(LEAVES) % STEP;
      const where = { member: LEAVES };
      if (rest || held > MOST_LEAVES) {
        throw new MismatchError("it does not hold leaves with their places, or far too many", where);
      }
      let last = -1;
      for await (const block of this.#archive.blocks(LEAVES, 1024 * STEP)) {
        for (let at = 0; at < block.length; at += STEP) {
          const index = integer(block.subarray(at, at + PLACE_SIZE));
          if (!(last < index && index < this.#size)) {
            const sentence = `leaf ${index} follows leaf ${last} in a log of ${this.#size} leaves, but places ascend`;
            throw new MismatchError(sentence, where);
          }
          if (block[at + PLACE_SIZE] !== LEAF_VERSION) throw new MismatchError("a leaf is not of version 1", where);
          this.#shown.set(index, block.subarray(at + PLACE_SIZE, at + STEP));
          last = index;
        }
      }
    }

    #requireExactlyTheNeeded() {
      const named = new Set(this.#spans.map((one) => one.event.index)), where = { member: LEAVES };
      let inTail = 0;
      for (const index of this.#shown.keys()) {
        if (index < this.#tail && !named.has(index) && !this.marks.get(index)) {
          throw new MismatchError(`nothing in this export needs leaf ${index}`, where);
        }
        if (index >= this.#tail) inTail++;
      }
      if (inTail !== this.#size - this.#tail) {
        throw new MismatchError(`it does not show every leaf from ${this.#tail} on`, where);
      }
    }

    /** Check the proofs of consistency that are needed, and return the roots from which they lead to this log. */
    #provenElsewhere(roots) {
      for (const { shown, place } of this.#claims.anchors) {
        if (!roots.has(shown.size)) {
          const sentence = `it does not prove what ${place} says of the first ${shown.size} leaves`;
          throw new MismatchError(sentence, { member: HASHES });
        }
      }
      const earlier = [...this.#claims.held.map((one) => one.checkpoint), ...(this.#claims.earlier ? [this.#claims.earlier] : [])];
      const unproven = earlier.filter((one) => !roots.has(one.size));
      return new Map(unproven.map(({ size, root }) => [size, this.#prove(size, root)]));
    }

    #prove(size, root) {
      const proof = this.#proofs.find((one) => one.old === size && one.fresh === this.#size);
      if (!proof) {
        throw new UnusableError(
          `This export is in short form and cannot show by itself that the log continues that of ${size} leaves. Get the` +
          ` proof from the log, at /ledger/consistency/${size}-${this.#size}, and add it under “Proofs of consistency”.`,
        );
      }
      const wrong = (error) => {
        const sentence = `the proof from ${size} to ${this.#size} leaves does not hold (${error.message})`;
        return new MismatchError(`${sentence}: it is damaged, or history was changed`, { member: HASHES });
      };
      translate(ProofError, wrong, () => proof.check(root, this.#claims.checkpoint.root));
      return root;
    }
  }

  return { ShortLog };
})();
