/* Reads `spans.jsonl`: the entries in which the log names the roots of its sorted tags: `verifier/spans.py`. */
"use strict";

ithaca.spans = (() => {
  const { FormatError, MismatchError, ProofError, translate } = ithaca.errors;
  const { fromHex } = ithaca.bytes;
  const { Event, WrongEventError } = ithaca.form;
  const { isInteger, loads } = ithaca.strict_json;
  const { Span, requireCover } = ithaca.tags;
  const MEMBER = "spans.jsonl", KIND = "ledger.tags_sorted", MOST = 10000;

  /** A span, and the entry that names its root. */
  class NamedSpan {
    constructor(span, root, event, line) {
      this.span = span;
      this.root = root;
      this.event = event;
      this.line = line;
    }

    /** Check that this is the entry that the leaf commits to. */
    checkLeaf(leaf) {
      const wrong = (error) => new MismatchError(error.message, { member: MEMBER, line: this.line });
      translate(WrongEventError, wrong, () => this.event.checkLeaf(leaf));
    }

    /** Compare the root with what other entries of the export name. */
    note(roots) {
      roots.note(this.event.index, naming(this.event), MEMBER);
    }
  }

  /** What the entries of one log say of its spans. */
  class Roots {
    #origin;
    #named = new Map();

    constructor(origin) {
      this.#origin = origin;
    }

    /** Remember what the entry at this index names. */
    note(index, { log, span, root }, member) {
      if (log !== this.#origin) return;
      const key = `${span.first} ${span.leaves}`;
      if (!this.#named.has(key)) this.#named.set(key, { index, root });
      const before = this.#named.get(key);
      if (before.root === root) return;
      const leaves = `leaves ${span.first} to ${span.end - 1}`;
      const sentence =
        `it names another root for the sorted tags of ${leaves} than entry ${before.index}`;
      throw new MismatchError(sentence, { member, event: index });
    }
  }

  /** What an event names, if it is an entry about sorted tags. */
  function naming({ fields }) {
    const log = fields.get("detail.log");
    if (!isOfKind(fields) || typeof log !== "string") return null;
    try {
      return { log, span: new Span(fields.get("detail.first"), fields.get("detail.leaves")), root: fields.get("detail.root") };
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }

  /** Read the member of an export from the log of this name. */
  function readSpans(data, { origin, tail }) {
    const lines = splitLines(data);
    if (lines.pop().length || lines.length > MOST) {
      throw new MismatchError("it has no end, or far too many lines", { member: MEMBER });
    }
    const spans = lines.map((line, at) => readLine(line, at + 1, origin));
    const wrong = (error) => new MismatchError(error.message, { member: MEMBER });
    const end = translate(ProofError, wrong, () => requireCover(spans.map((one) => one.span)));
    if (end !== tail) {
      throw new MismatchError(`its spans end at leaf ${end}, but the tail begins at ${tail}`, { member: MEMBER });
    }
    return spans;
  }

  function splitLines(data) {
    const lines = [];
    let begin = 0;
    for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, begin)) {
      lines.push(data.subarray(begin, end));
      begin = end + 1;
    }
    return [...lines, data.subarray(begin)];
  }

  function readLine(line, number, origin) {
    const where = { member: MEMBER, line: number };
    const event = translate(WrongEventError, (error) => new MismatchError(error.message, { ...where, field: error.field }), () =>
      translate(FormatError, (error) => new MismatchError(`it cannot be read: ${error.message}`, where), () => {
        const read = Event.parse(loads(line));
        read.checkValues();
        return read;
      }));
    if (event.seed === null || event.tags.size || !isOfKind(event.fields)) {
      throw new MismatchError("it is not an entry about sorted tags, disclosed as a whole", where);
    }
    if (event.fields.get("detail.log") !== origin) {
      throw new MismatchError("it is about the tags of another log", { ...where, field: "detail.log" });
    }
    return new NamedSpan(spanOf(event, where), fromHex(event.fields.get("detail.root")), event, number);
  }

  function isOfKind(fields) {
    const root = fields.get("detail.root");
    return fields.get("kind") === KIND && fields.get("schema") === 1 && fields.get("actor_kind") === "service"
      && isInteger(fields.get("detail.first")) && isInteger(fields.get("detail.leaves"))
      && typeof root === "string" && /^[0-9a-f]{64}$/.test(root);
  }

  function spanOf(event, where) {
    const { fields, index } = event, wrong = (error) => new MismatchError(error.message, where);
    const span = translate(FormatError, wrong, () => new Span(fields.get("detail.first"), fields.get("detail.leaves")));
    if (index < span.end) {
      const sentence = `the entry about the leaves up to ${span.end} stands before their end, at ${index}`;
      throw new MismatchError(sentence, where);
    }
    return span;
  }

  return { Roots, naming, readSpans };
})();
