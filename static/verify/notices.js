/* Reads what an export says about the log itself: which logs it continues, and what was erased: `verifier/notices.py`. */
"use strict";

ithaca.notices = (() => {
  const { FormatError, MismatchError, translate } = ithaca.errors;
  const { LEAF_SIZE } = ithaca.entry;
  const { Event, WrongEventError } = ithaca.form;
  const { hasKeys, isInteger, loads } = ithaca.strict_json;
  const MEMBER = "notices.jsonl";
  const LONGEST_LINE = 1 << 20, LINE_FEED = 10;
  const KEYS = ["event", "covers"];

  /** All that an export says about its log. */
  class Notices {
    predecessors = [];
    erasures = [];

    /** Read the member, and hold it against the leaves of a log of this size. */
    static async read(data, leaves, size) {
      const made = new Notices(), lines = splitLines(data).map((line, at) => readLine(line, at + 1));
      const held = await leavesAt(new Set(lines.map(({ event }) => event.index)), leaves);
      let last = -1;
      for (const [at, { event, covers }] of lines.entries()) {
        const where = { member: MEMBER, line: at + 1, event: event.index };
        if (!(last < event.index && event.index < size)) {
          throw new MismatchError(`it follows event ${last} in a log of ${size} leaves, but indexes ascend`, where);
        }
        last = event.index;
        made.#add(event, covers, held.get(event.index), size, where);
      }
      return made;
    }

    /** The log of this origin, if this one continues it. */
    predecessor(origin) {
      return this.predecessors.find((one) => one.last.origin === origin) ?? null;
    }

    #add(event, covers, leaf, size, where) {
      try {
        event.checkValues();
        event.checkLeaf(leaf);
        this.#take(event, covers, size);
      } catch (error) {
        if (error instanceof FormatError) throw new MismatchError(error.message, where);
        if (!(error instanceof WrongEventError)) throw error;
        throw new MismatchError(error.message, error.field ? { ...where, field: error.field } : where);
      }
    }

    #take(event, covers, size) {
      const kind = event.fields.get("kind");
      if (kind === ithaca.succession.KIND) {
        this.predecessors.push(ithaca.succession.read(event, this.predecessors, size));
      } else if (kind === ithaca.erasures.KIND) {
        this.erasures.push(ithaca.erasures.read(event, covers));
      } else {
        throw new WrongEventError("it is neither about a log that this one continues nor about an erasure", "kind");
      }
    }
  }

  function splitLines(data) {
    const lines = [];
    for (let begin = 0; begin < data.length; ) {
      const at = data.indexOf(LINE_FEED, begin), end = at < 0 ? data.length : at + 1;
      lines.push(data.subarray(begin, end));
      begin = end;
    }
    return lines;
  }

  function readLine(line, number) {
    const where = { member: MEMBER, line: number };
    if (line.at(-1) !== LINE_FEED || line.length > LONGEST_LINE) throw new MismatchError("it has no end", where);
    const unread = (error) => new MismatchError(`it cannot be read: ${error.message}`, where);
    return translate(FormatError, unread, () => {
      const raw = loads(line);
      if (!(raw instanceof Map) || !hasKeys(raw, KEYS)) throw new FormatError("it does not have the form of a notice");
      return { event: Event.parse(raw.get("event")), covers: readRanges(raw.get("covers")) };
    });
  }

  /** Read places in the log: first and last of every range, ascending. */
  function readRanges(raw) {
    let end = -1;
    for (const one of Array.isArray(raw) ? raw : [raw]) {
      const pair = Array.isArray(one) && one.length === 2 ? one : [-1, -1];
      if (!pair.every(isInteger) || !(end < pair[0] && pair[0] <= pair[1])) {
        throw new FormatError("`covers` is not a list of ascending ranges");
      }
      [, end] = pair;
    }
    return raw;
  }

  /** Pick some leaves in one walk along the log. */
  async function leavesAt(wanted, chunks) {
    const held = new Map();
    let begin = 0;
    for await (const chunk of chunks) {
      const end = begin + chunk.length / LEAF_SIZE;
      for (const index of wanted) {
        if (index >= begin && index < end) {
          held.set(index, chunk.slice((index - begin) * LEAF_SIZE, (index - begin + 1) * LEAF_SIZE));
        }
      }
      begin = end;
    }
    return held;
  }

  return { MEMBER, Notices };
})();
