/* Reads `events.jsonl` line by line: `verifier/reading.py`, without its processes. */
"use strict";

ithaca.reading = (() => {
  const { MismatchError } = ithaca.errors;
  const { concat } = ithaca.bytes;
  const { EventReader } = ithaca.events;
  const LONGEST_LINE = 1 << 20, BATCH_SIZE = 1 << 20, BLOCK = 1 << 18;
  const LINE_FEED = 10;

  /** Yield what every line demands of its leaf, in order, a batch at a time. */
  async function* readEvents(archive, scope) {
    const reader = new EventReader(scope);
    for await (const { first, lines } of batches(archive)) yield lines.map((line, at) => reader.read(line, first + at));
  }

  /** Yield lines in batches, with the number of the first. */
  async function* batches(archive) {
    let first = 1, lines = [], size = 0, rest = new Uint8Array(0);
    for await (const block of archive.blocks("events.jsonl", BLOCK)) {
      const data = rest.length ? concat(rest, block) : block;
      let begin = 0;
      for (let end = data.indexOf(LINE_FEED); end >= 0; end = data.indexOf(LINE_FEED, begin)) {
        if (end + 1 - begin > LONGEST_LINE) endless(first + lines.length);
        lines.push(data.subarray(begin, end + 1));
        size += end + 1 - begin;
        begin = end + 1;
        if (size >= BATCH_SIZE) {
          yield { first, lines };
          [first, lines, size] = [first + lines.length, [], 0];
        }
      }
      rest = data.slice(begin);
      if (rest.length > LONGEST_LINE) endless(first + lines.length);
    }
    if (rest.length) endless(first + lines.length);
    if (lines.length) yield { first, lines };
  }

  function endless(line) {
    throw new MismatchError("it has no end", { member: "events.jsonl", line });
  }

  return { readEvents };
})();
