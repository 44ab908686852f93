/* Checks events one by one: form, commitment, leaf, and their numbers in the disclosed streams: `verifier/events.py`.
   That file lists the rules. */
"use strict";

ithaca.events = (() => {
  const { FormatError, MismatchError, translate } = ithaca.errors;
  const { equal } = ithaca.bytes;
  const { LEAF_SIZE, SLOTS, TAG_SIZE, tag } = ithaca.entry;
  const { Event, WrongEventError } = ithaca.form;
  const { Roots, naming } = ithaca.spans;
  const { loads } = ithaca.strict_json;

  /** Bit of a leaf's mark: the export has its event. Bits 0 to 3: the event numbers itself in the stream of that slot. */
  const PRESENT = 0x80;
  /** Bits of a leaf's mark, by kind of stream. */
  const SLOT_BITS = { workspace: 0b0001, item: 0b0010, person: 0b1100 };
  const KIND_OF_SLOT = new Map([["workspace", "workspace"], ["item", "item"], ["actor", "person"], ["person", "person"]]);
  const COMMITMENT_AT = 1 + SLOTS.length * TAG_SIZE;
  const MEMBER = "events.jsonl";
  const MOST_HIDDEN = 256, MOST_TOKENS = 256;

  const identity = (kind, id) => `${kind} ${id}`;

  /** A mark for every leaf of the log. */
  class DenseMarks {
    #marks;

    constructor(size) {
      this.length = size;
      this.#marks = new Uint8Array(size);
    }

    get(index) {
      return this.#marks[index];
    }

    set(index, mark) {
      this.#marks[index] = mark;
    }
  }

  /** Marks of leaves in a log of which most leaves are not shown. */
  class SparseMarks {
    #marks = new Map();

    constructor(size) {
      this.length = size;
    }

    get(index) {
      return this.#marks.get(index) ?? 0;
    }

    set(index, mark) {
      this.#marks.set(index, mark);
    }
  }

  /** Reads lines, without looking at leaves. */
  class EventReader {
    #scope;
    #byCommitment;
    #byId;

    constructor(scope) {
      this.#scope = scope;
      this.#byCommitment = new Map(scope.streams.map((one) => [one.commitment, one]));
      this.#byId = new Map(scope.streams.map((one) => [identity(one.kind, one.id), one]));
    }

    /** Read one line and say what it demands of its leaf. */
    read(line, number) {
      const where = { member: MEMBER, line: number };
      const unread = (error) => new MismatchError(`it cannot be read: ${error.message}`, where);
      const event = translate(FormatError, unread, () => Event.parse(loads(line)));
      where.event = event.index;
      try {
        event.checkValues();
        const commitment = event.commitment(), tags = this.#tags(event), ties = this.#ties(event);
        const id = event.fields.get("id")?.replaceAll("-", "") ?? null;
        const hidden = [...event.hidden.keys()], erased = event.erased !== null;
        const { index, token } = event, named = naming(event);
        return { line: number, index, commitment, tags, id, ties, erased, hidden, token, named };
      } catch (error) {
        if (error instanceof FormatError) throw new MismatchError(error.message, where);
        if (!(error instanceof WrongEventError)) throw error;
        throw new MismatchError(error.message, error.field ? { ...where, field: error.field } : where);
      }
    }

    #tags(event) {
      for (const [slot, kind] of KIND_OF_SLOT) {
        const stream = this.#streamOf(event, slot, kind);
        if (stream) requireNumbered(event, slot, stream);
      }
      if (this.#scope.complete && !event.tags.size) {
        throw new WrongEventError("it belongs to none of the disclosed streams", "tags");
      }
      const numbered = [...event.tags].map(([slot, number]) => {
        const possible = this.#candidates(event, slot).map((stream) => tag(stream.hmac, number));
        return [SLOTS.indexOf(slot), possible];
      });
      return new Map(numbered);
    }

    #ties(event) {
      const ties = [];
      for (const [slot, kind] of KIND_OF_SLOT) {
        const stream = this.#streamOf(event, slot, kind);
        if (stream && stream.commitment === event.fields.get(`${slot}_stream`)) ties.push(stream.commitment);
      }
      return ties;
    }

    #streamOf(event, slot, kind) {
      const id = event.fields.has(slot) ? event.fields.get(slot) : "";
      return id === null ? undefined : this.#byId.get(identity(kind, id));
    }

    /** The streams that the number may be of: one if the event says which, all of the kind if it hides that. */
    #candidates(event, slot) {
      const name = `${slot}_stream`, id = event.fields.get(slot);
      const streams = event.fields.has(name) ? [this.#byCommitment.get(event.fields.get(name))] : this.#scope.streams;
      const fits = (one) => one && one.kind === KIND_OF_SLOT.get(slot) && (id === undefined || id === one.id);
      const fitting = streams.filter(fits);
      if (!fitting.length) {
        throw new WrongEventError(`it numbers itself in a ${slot} stream that this export does not disclose`, "tags");
      }
      return fitting;
    }
  }

  function requireNumbered(event, slot, stream) {
    const name = `${slot}_stream`;
    if (event.fields.has(name) && event.fields.get(name) !== stream.commitment) {
      throw new WrongEventError(`it commits to another stream than ${stream}: there is a second one`, name);
    }
    if (!event.tags.has(slot)) throw new WrongEventError(`it does not give its number in ${stream}`, "tags");
  }

  /** Holds events against their leaves, and remembers order, marks and ids. */
  class EventRegister {
    #last = -1;
    #ids = Array.from({ length: 256 }, () => []); // by last byte, so that no map of all ids is ever needed
    tied = new Set();
    count = 0;
    erased = []; // the indexes of those that were erased
    hidden = new Set();
    partial = 0;
    tokens = new Map(); // how many events each personal token made; "" stands for those beyond the first few

    constructor(marks, origin) {
      this.marks = marks;
      this.roots = new Roots(origin);
    }

    /** Check the place of the next event. */
    expect(digest) {
      if (!(this.#last < digest.index && digest.index < this.marks.length)) {
        const sentence = `it follows event ${this.#last} in a log of ${this.marks.length} leaves, but indexes ascend`;
        throw new MismatchError(sentence, { member: MEMBER, line: digest.line, event: digest.index });
      }
      this.#last = digest.index;
      this.count++;
    }

    /** Check an event against the leaf at its index, and remember it. */
    place(digest, leaf) {
      const where = { member: MEMBER, line: digest.line, event: digest.index };
      if (leaf.length !== LEAF_SIZE || !equal(leaf.subarray(COMMITMENT_AT), digest.commitment)) {
        const sentence = digest.erased
          ? "the commitment it gives is not the one in its leaf"
          : "its fields and salts do not give the commitment in its leaf";
        throw new MismatchError(sentence, { ...where, field: "commitment" });
      }
      let mark = PRESENT;
      for (const [slot, possible] of digest.tags) {
        const begin = 1 + slot * TAG_SIZE, found = leaf.subarray(begin, begin + TAG_SIZE);
        if (!possible.some((one) => equal(one, found))) {
          const sentence = `its number does not give the tag in the ${SLOTS[slot]} slot of its leaf`;
          throw new MismatchError(sentence, { ...where, field: "tags" });
        }
        mark |= 1 << slot;
      }
      this.marks.set(digest.index, mark);
      for (const one of digest.ties) this.tied.add(one);
      if (digest.erased) this.erased.push(digest.index);
      this.#noteHidden(digest.hidden);
      if (digest.named) this.roots.note(digest.index, digest.named, MEMBER);
      if (digest.token) {
        const known = this.tokens.has(digest.token) || this.tokens.size < MOST_TOKENS;
        const token = known ? digest.token : "";
        this.tokens.set(token, (this.tokens.get(token) ?? 0) + 1);
      }
      if (digest.id) this.#ids[parseInt(digest.id.slice(-2), 16)].push([digest.id, digest.index]);
    }

    #noteHidden(names) {
      if (names.length) this.partial++;
      // A forger may make up names without end; nobody reads more of them than these.
      if (this.hidden.size < MOST_HIDDEN) for (const name of names) this.hidden.add(name);
    }

    /** Check, after the last event, that no two have the same id. */
    checkIds() {
      for (const bucket of this.#ids) {
        const places = new Map();
        for (const [id, index] of bucket) {
          if (places.has(id)) places.get(id).push(index);
          else places.set(id, [index]);
        }
        const twice = [...places].find(([, indexes]) => indexes.length > 1);
        if (twice) {
          const [id, [first, second]] = twice;
          const sentence = `events ${first} and ${second} have the same id ${id}`;
          throw new MismatchError(sentence, { member: MEMBER, event: second, field: "id" });
        }
      }
    }
  }

  return { PRESENT, SLOT_BITS, DenseMarks, SparseMarks, EventReader, EventRegister };
})();
