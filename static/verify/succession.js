/* Which logs this one continues, and whether a checkpoint that somebody kept of one still holds: `verifier/succession.py`. */
"use strict";

ithaca.succession = (() => {
  const { MismatchError } = ithaca.errors;
  const { equal, toUtf8 } = ithaca.bytes;
  const { LEAF_SIZE } = ithaca.entry;
  const { Frontier, leafHash } = ithaca.merkle;
  const { WrongEventError } = ithaca.form;
  const KIND = "ledger.succeeded";

  /** A log that this one continues: its leaf n is leaf n + `offset` here, for the first `kept` leaves. */
  class Predecessor {
    constructor(last, offset, kept) {
      this.last = last;
      this.offset = offset;
      this.kept = kept;
    }

    /** Say that it is continued, and what of it was lost. */
    describe(report) {
      const { origin, size } = this.last, lost = size - this.kept;
      const follow = this.kept ? `${this.kept} of them follow from leaf ${this.offset} on` : "none of them follow";
      report.passed(
        `This log continues the log ${origin}: entry ${this.offset - 1} names that log's last checkpoint, of` +
        ` ${size} leaves; ${follow}.`,
      );
      if (lost) {
        report.limit(
          `What ${origin} recorded from its leaf ${this.kept} on: ${lost} leaves were lost when it ended, and` +
          " nothing of them is in this log.",
        );
      }
    }

    /** Compare with a checkpoint that the auditor kept of it, and return whether all that it covers follows here. */
    async compare(report, known, leaves) {
      const { origin, size } = known, where = { member: "notices.jsonl", event: this.offset - 1 };
      if (size > this.last.size) {
        throw new MismatchError(
          `it says that ${origin} ended with ${this.last.size} leaves, but you know a checkpoint of` +
          ` ${size}: more was lost than it says`,
          where,
        );
      }
      if (size === this.last.size && !equal(known.root, this.last.root)) {
        throw new MismatchError(`the last checkpoint of ${origin} has another root than the one you know`, where);
      }
      if (size > this.kept) {
        report.limit(
          `Whether the ${this.kept} leaves that are left of ${origin} are those of the checkpoint you know:` +
          ` it covers ${size}, and ${size - this.kept} of these were lost. A checkpoint of` +
          ` ${origin} with at most ${this.kept} leaves would show it.`,
        );
        return false;
      }
      if (!equal(await rootBetween(leaves, this.offset, size), known.root)) {
        throw new MismatchError(
          `the ${size} leaves from leaf ${this.offset} on are not those of the checkpoint of ${origin}` +
          " that you know: history was changed",
          { member: "leaves.bin" },
        );
      }
      report.passed(
        `The ${size} leaves of the checkpoint of ${origin} that you know follow from leaf ${this.offset} on, unchanged.`,
      );
      return true;
    }
  }

  /** Read an entry about a log that this one, of this size, continues, after those about newer ones. */
  function read(event, before, size) {
    if (event.index !== before.length) {
      throw new WrongEventError("it is not at the beginning of the log, where a log says what it continues", "kind");
    }
    const origin = event.text("detail.origin"), note = event.text("detail.checkpoint");
    // The chain shows a checkpoint without signatures.
    const text = note.includes("\n\n") ? ithaca.note.parse(toUtf8(note)).text : toUtf8(note);
    const last = ithaca.checkpoint.parse(text), length = event.count("detail.size");
    if (last.origin !== origin || last.size !== length) {
      throw new WrongEventError("it is of another log or size than the entry says", "detail.checkpoint");
    }
    const carried = event.count("detail.carried"), there = before.length ? before.at(-1).kept - 1 : size - 1;
    if (carried > last.size || (carried > there && !before.length)) {
      throw new WrongEventError("more leaves would follow than there are", "detail.carried");
    }
    // Of what the log before carried on, the next one may have lost some.
    return new Predecessor(last, event.index + 1, Math.max(0, Math.min(carried, there)));
  }

  async function rootBetween(chunks, first, count) {
    const frontier = new Frontier();
    let begin = 0;
    for await (const chunk of chunks) {
      const end = begin + chunk.length / LEAF_SIZE;
      for (let at = Math.max(first, begin); at < Math.min(first + count, end); at++) {
        frontier.append(leafHash(chunk.subarray((at - begin) * LEAF_SIZE, (at - begin + 1) * LEAF_SIZE)));
      }
      begin = end;
    }
    return frontier.root();
  }

  return { KIND, read };
})();
