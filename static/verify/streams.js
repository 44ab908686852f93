/* Checks completeness: nothing that the log recorded in a disclosed stream is missing from it: `verifier/streams.py`.
   That file says how. */
"use strict";

ithaca.streams = (() => {
  const { MismatchError } = ithaca.errors;
  const { equal } = ithaca.bytes;
  const { LEAF_SIZE, SLOTS, TAG_SIZE, tag } = ithaca.entry;
  const { PRESENT } = ithaca.events;
  const { SLOTS_OF } = ithaca.scope;

  /** How far beyond the stated end of a stream is looked for more of it. */
  const HORIZON = 64;
  const BATCH = 500000;

  /** Check every disclosed stream and return how many of its entries the export leaves out by its filters. */
  async function checkStreams(scope, leaves, marks) {
    let withheld = 0;
    for (const spans of batches(scope.streams)) {
      const search = new Search(spans, scope, marks, "leaves.bin");
      await search.scan(leaves());
      withheld += search.finish();
    }
    return withheld;
  }

  /** Consecutive numbers of streams, whose tags are looked for in the same pass. */
  function* batches(streams) {
    let spans = [], size = 0;
    for (const stream of streams) {
      for (let first = 1, end = stream.length + HORIZON; first <= end; ) {
        const last = Math.min(end, first + BATCH - size - 1);
        spans.push({ stream, first, last });
        size += last - first + 1;
        first = last + 1;
        if (size === BATCH) {
          yield spans;
          [spans, size] = [[], 0];
        }
      }
    }
    if (size) yield spans;
  }

  /** Finds the place of a tag among those wanted: by its first six bytes, then by all of them. */
  class TagTable {
    #tags = [];
    #first = new Map();
    #next = new Map();

    add(one) {
      const place = this.find(one, 0);
      if (place >= 0) return; // a tag that two streams share by a forged key is found at its first place
      const key = shortened(one, 0), position = this.#tags.push(one) - 1;
      if (this.#first.has(key)) this.#next.set(position, this.#first.get(key));
      this.#first.set(key, position);
    }

    /** Every tag with its position. */
    entries() {
      return this.#tags.map((one, position) => [one, position]);
    }

    find(data, at) {
      let position = this.#first.get(shortened(data, at));
      while (position !== undefined) {
        if (equal(this.#tags[position], data.subarray(at, at + TAG_SIZE))) return position;
        position = this.#next.get(position);
      }
      return -1;
    }
  }

  const shortened = (data, at) =>
    (data[at] + data[at + 1] * 0x100 + data[at + 2] * 0x10000) * 0x1000000 +
    (data[at + 3] + data[at + 4] * 0x100 + data[at + 5] * 0x10000);

  /** Looks for one batch of tags: in leaves, or wherever somebody else finds them and says so (`hit`). */
  class Search {
    #spans;
    #complete;
    #marks;
    #member;
    #wanted = new TagTable();
    #found;
    #withheld = 0;

    constructor(spans, scope, marks, member) {
      this.#spans = spans;
      this.#complete = scope.complete;
      this.#marks = marks;
      this.#member = member;
      let count = 0;
      for (const { stream, first, last } of spans) {
        for (let number = first; number <= last; number++, count++) this.#wanted.add(tag(stream.hmac, number));
      }
      this.#found = new Uint8Array(count);
    }

    /** The tags, and under which position each can be asked for. */
    wanted() {
      return this.#wanted.entries();
    }

    /** Look through all leaves. */
    async scan(leaves) {
      let index = 0;
      for await (const chunk of leaves) {
        this.scanChunk(chunk, index);
        index += chunk.length / LEAF_SIZE;
      }
    }

    /** Look through some leaves, the first of which is number `index` of the log. */
    scanChunk(chunk, index) {
      for (let slot = 0; slot < SLOTS.length; slot++) {
        let here = index;
        for (let at = 1 + slot * TAG_SIZE; at < chunk.length; at += LEAF_SIZE, here++) {
          const position = this.#wanted.find(chunk, at);
          if (position >= 0) this.hit(position, here, slot);
        }
      }
    }

    /** Take note that a tag stands in this slot of this leaf. */
    hit(position, index, slot) {
      const { stream, number } = this.name(position);
      const where = { member: this.#member, leaf: index };
      if (number > stream.length) {
        const sentence = `${stream} goes on with number ${number}, but the export says it ends with ${stream.length}`;
        throw new MismatchError(sentence, where);
      }
      if (!SLOTS_OF.get(stream.kind).includes(slot)) {
        throw new MismatchError(`a tag of ${stream} stands in the ${SLOTS[slot]} slot`, where);
      }
      if (this.#found[position]) throw new MismatchError(`number ${number} of ${stream} stands here a second time`, where);
      this.#found[position] = 1;
      this.#requireEvent(stream, number, index, slot);
    }

    /** Check that every number was found; return how many events the export leaves out by its filters. */
    finish() {
      for (let at = this.#found.indexOf(0); at >= 0; at = this.#found.indexOf(0, at + 1)) {
        const { stream, number } = this.name(at);
        if (number <= stream.length) {
          throw new MismatchError(`number ${number} of ${stream} is in no leaf`, { member: this.#member });
        }
      }
      return this.#withheld;
    }

    /** Whose tag has this position, and which number. */
    name(position) {
      for (const { stream, first, last } of this.#spans) {
        const count = last - first + 1;
        if (position < count) return { stream, number: first + position };
        position -= count;
      }
      throw new Error("every position lies in a span");
    }

    #requireEvent(stream, number, index, slot) {
      const mark = this.#marks.get(index), where = { member: "events.jsonl", event: index };
      if (!(mark & PRESENT)) {
        if (this.#complete) {
          throw new MismatchError(`number ${number} of ${stream} is in the log, but the export leaves it out`, where);
        }
        this.#withheld++;
      } else if (!(mark & (1 << slot))) {
        throw new MismatchError(`it is number ${number} of ${stream} and does not say so`, { ...where, field: "tags" });
      }
    }
  }

  return { Search, batches, checkStreams };
})();
