/* Sorted tags, and looking them up in the parts of a span that are shown: `ledger_bridge/tlog/tags.py`. */
"use strict";

ithaca.tags = (() => {
  const { FormatError, ProofError } = ithaca.errors;
  const { SLOTS, TAG_SIZE } = ithaca.entry;
  const { leafHash } = ithaca.merkle;
  const RECORD_SIZE = TAG_SIZE + 8, RECORDS_IN_PAGE = 8, PAGE_SIZE = RECORD_SIZE * RECORDS_IN_PAGE, HASH_SIZE = 32;
  const SIZES = new Set(Array.from({ length: 16 }, (_, power) => 4096 * 4 ** power));
  const BEYOND = 2 ** 50, MOST_PAGES = 1 << 17, MOST_HASHES = 1 << 20;

  /** Leaves of the log from `first` on, `leaves` of them. */
  class Span {
    constructor(first, leaves) {
      if (!SIZES.has(leaves) || !(first >= 0 && first < BEYOND) || first % leaves) {
        throw new FormatError(`there is no span of ${leaves} leaves from leaf ${first} on`);
      }
      this.first = first;
      this.leaves = leaves;
      this.end = first + leaves;
      this.records = leaves * SLOTS.length;
      this.pages = this.records / RECORDS_IN_PAGE;
    }
  }

  /** Check that the spans follow each other from the first leaf on, and return where they end. */
  function requireCover(spans) {
    let end = 0;
    for (const span of spans) {
      if (span.first !== end) throw new ProofError(`a span begins at leaf ${span.first}, but the one before ends at ${end}`);
      end = span.end;
    }
    return end;
  }

  /** A number of eight bytes, rounded beyond 2^53: there is nothing at such places. */
  function place(data, at) {
    const words = new DataView(data.buffer, data.byteOffset + at, 8);
    return words.getUint32(0) * 0x100000000 + words.getUint32(4);
  }

  /** Some pages of a span, shown to be part of it. */
  class Opening {
    constructor(span, pages, data, hashes) {
      this.span = span;
      this.pages = pages;
      this.data = data;
      this.hashes = hashes;
      this.count = data.length / RECORD_SIZE;
    }

    /** Take it from a reader, whose `read(size)` gives so many bytes, or fewer at its end. */
    static async read(span, reader) {
      const counts = await exactly(reader, 8), words = new DataView(counts.buffer, counts.byteOffset, 8);
      const count = words.getUint32(0), hashes = words.getUint32(4), step = 8 + PAGE_SIZE;
      if (count > span.pages || hashes > span.pages) {
        throw new FormatError("it says that it holds more pages than the span has");
      }
      if (count > MOST_PAGES || hashes > MOST_HASHES) {
        throw new FormatError("it says that it holds far more than any trail in short form looks up");
      }
      const numbered = await exactly(reader, count * step), data = new Uint8Array(count * PAGE_SIZE), pages = [];
      for (let at = 0; at < numbered.length; at += step) {
        data.set(numbered.subarray(at + 8, at + step), pages.length * PAGE_SIZE);
        pages.push(place(numbered, at));
      }
      return new Opening(span, pages, data, inHashes(await exactly(reader, hashes * HASH_SIZE)));
    }

    /** The root that pages and hashes lead to. */
    root() {
      const hashed = new Map();
      this.pages.forEach((page, at) => hashed.set(page, leafHash(this.data.subarray(at * PAGE_SIZE, (at + 1) * PAGE_SIZE))));
      return ithaca.partial.roots(this.span.pages, this.pages, hashed, this.hashes).get(this.span.pages);
    }

    /** Check that the records ascend and that their places lie in the span. */
    checkRecords() {
      for (let at = 0; at < this.count; at++) {
        if (at && this.#compare(at, this.#record(at - 1), RECORD_SIZE) <= 0) throw new ProofError("its records are not sorted");
        const leaf = Math.floor(this.#place(at) / SLOTS.length);
        if (!(this.span.first <= leaf && leaf < this.span.end)) {
          throw new ProofError("a record is about a leaf outside the span");
        }
      }
    }

    /** Every leaf of the span that holds the tag, and in which slot. */
    find(tag) {
      let low = 0, end = this.count;
      while (low < end) {
        const middle = (low + end) >>> 1;
        if (this.#compare(middle, tag, TAG_SIZE) < 0) low = middle + 1;
        else end = middle;
      }
      let high = low;
      while (high < this.count && this.#compare(high, tag, TAG_SIZE) === 0) high++;
      const before = low ? this.#number(low - 1) : -1;
      const after = high < this.count ? this.#number(high) : this.span.records;
      if (after - before !== high - low + 1) {
        throw new ProofError("two records that are said to be neighbours do not stand side by side");
      }
      const places = Array.from({ length: high - low }, (_, at) => this.#place(low + at));
      return places.map((one) => [Math.floor(one / SLOTS.length), one % SLOTS.length]);
    }

    #record(at) {
      return this.data.subarray(at * RECORD_SIZE, (at + 1) * RECORD_SIZE);
    }

    #place(at) {
      return place(this.data, at * RECORD_SIZE + TAG_SIZE);
    }

    /** How a record compares with some bytes, by as many of its own. */
    #compare(at, other, size) {
      for (let byte = 0, start = at * RECORD_SIZE; byte < size; byte++) {
        const difference = this.data[start + byte] - other[byte];
        if (difference) return difference;
      }
      return 0;
    }

    /** The number in the span of a record that is shown. */
    #number(at) {
      return this.pages[Math.floor(at / RECORDS_IN_PAGE)] * RECORDS_IN_PAGE + (at % RECORDS_IN_PAGE);
    }
  }

  const inHashes = (data) =>
    Array.from({ length: data.length / HASH_SIZE }, (_, at) => data.subarray(at * HASH_SIZE, (at + 1) * HASH_SIZE));

  async function exactly(reader, size) {
    const data = await reader.read(size);
    if (data.length !== size) throw new FormatError("it is cut");
    return data;
  }

  return { Opening, Span, inHashes, requireCover };
})();
