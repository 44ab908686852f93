/* Compares an export with the receipts that somebody kept: `verifier/held.py`, which lists the rules. */
"use strict";

ithaca.held = (() => {
  const { MismatchError } = ithaca.errors;
  const { equal } = ithaca.bytes;
  const { SLOTS, TAG_SIZE, tag } = ithaca.entry;
  const { PRESENT } = ithaca.events;
  const { SLOTS_OF } = ithaca.scope;

  /** A receipt that holds by itself. */
  class HeldReceipt {
    constructor(name, event, leaf, checkpoint) {
      this.name = name;
      this.event = event;
      this.leaf = leaf;
      this.checkpoint = checkpoint;
    }

    /** Check that the export can be compared with it. */
    requireComparable(checkpoint) {
      if (this.checkpoint.origin !== checkpoint.origin) {
        throw this.mismatch(`it is from another log, ${this.checkpoint.origin}`);
      }
      if (this.checkpoint.size > checkpoint.size) {
        const sentence = `its checkpoint covers ${this.checkpoint.size} leaves, but this export ends at ${checkpoint.size}`;
        throw this.mismatch(`${sentence}: it is older than the receipt, or the log was rolled back`);
      }
    }

    /** Check that the export says the same, and return whether it holds the entry. */
    requireWithin(scope, marks) {
      const streams = scope.streams.flatMap((stream) => SLOTS_OF.get(stream.kind).map((slot) => [slot, stream]));
      const covering = streams.filter(([slot, stream]) => this.#isIn(slot, stream));
      const present = Boolean(marks.get(this.event.index) & PRESENT);
      if (covering.length && scope.complete && !present) {
        throw this.mismatch(`event ${this.event.index} belongs to ${covering[0][1]}, but the export leaves it out`);
      }
      return present;
    }

    mismatch(sentence) {
      return new MismatchError(sentence, { receipt: this.name });
    }

    /** Whether the entry belongs to a disclosed stream by this slot: by what it commits to, or by its id. */
    #isIn(slot, stream) {
      const { fields, tags } = this.event, committed = fields.get(`${SLOTS[slot]}_stream`) ?? null;
      if (fields.get(SLOTS[slot]) === stream.id && committed !== null && committed !== stream.commitment) {
        throw this.mismatch(`it commits to another stream of ${stream.kind} ${stream.id}: there is a second one`);
      }
      if (committed !== stream.commitment) return false;
      const number = tags.get(SLOTS[slot]), begin = 1 + slot * TAG_SIZE;
      if (number !== undefined && !equal(tag(stream.hmac, number), this.leaf.subarray(begin, begin + TAG_SIZE))) {
        throw this.mismatch(`it is not number ${number} of ${stream}`);
      }
      return true;
    }
  }

  return { HeldReceipt };
})();
