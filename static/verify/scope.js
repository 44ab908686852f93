/* Reads `scope.json`: what was asked for, and the keys of the streams that this export opens: `verifier/scope.py`. */
"use strict";

ithaca.scope = (() => {
  const { FormatError, MismatchError, translate } = ithaca.errors;
  const { fromHex, toHex } = ithaca.bytes;
  const { streamCommitment } = ithaca.entry;
  const { hasKeys, isInteger, loads } = ithaca.strict_json;

  /** The slots of a leaf where a stream of each kind may stand. */
  const SLOTS_OF = new Map([["workspace", [0]], ["item", [1]], ["person", [2, 3]]]);

  const KEYS = ["version", "filters", "complete", "streams", "events", "exported_at", "exported_by"];
  const SHORT_KEYS = [...KEYS, "tail", "sizes"];
  /** The version of the format that shows only some leaves. */
  const SHORT = 2;
  const MOST_SIZES = 10000;
  const STREAM_KEYS = ["kind", "id", "key", "length"];
  const MEMBER = { member: "scope.json" };

  /** A disclosed stream: everything about one workspace, one item or one person. */
  class Stream {
    constructor(kind, id, key, length) {
      this.kind = kind;
      this.id = id;
      this.hmac = ithaca.entry.streamHmac(key);
      this.length = length;
      this.commitment = toHex(streamCommitment(key));
      this.keyText = toHex(key);
    }

    toString() {
      return `the stream of ${this.kind} ${this.id}`;
    }
  }

  /** Read the scope of an export in this version of the format, from a log of this size. */
  function parse(data, size, version) {
    const odd = (error) => new MismatchError(`it is not JSON as exports write it: ${error.message}`, MEMBER);
    const raw = translate(FormatError, odd, () => loads(data));
    const sane = raw instanceof Map && hasKeys(raw, version === SHORT ? SHORT_KEYS : KEYS) && raw.get("version") === version
      && Array.isArray(raw.get("streams"));
    if (!sane) throw new MismatchError(`it does not have the fields of version ${version}`, MEMBER);
    const complete = raw.get("complete"), events = raw.get("events");
    if (typeof complete !== "boolean" || !isCount(events, size)) {
      throw new MismatchError("`complete` or `events` has no possible value", MEMBER);
    }
    const streams = raw.get("streams").map((one) => parseStream(one, size));
    if (complete && !streams.length) {
      throw new MismatchError("an export without streams cannot be complete", { ...MEMBER, field: "complete" });
    }
    const ids = new Set(streams.map((one) => `${one.kind} ${one.id}`)), keys = new Set(streams.map((one) => one.keyText));
    if (ids.size < streams.length || keys.size < streams.length) {
      throw new MismatchError("two streams have the same id or the same key", { ...MEMBER, field: "streams" });
    }
    return { complete, events, streams, ...(version === SHORT ? parseShort(raw, size) : { tail: null, sizes: [] }) };
  }

  /** Where the newest leaves begin, all of which are shown, and the earlier sizes for which the export proves a root. */
  function parseShort(raw, size) {
    const tail = raw.get("tail"), sizes = raw.get("sizes");
    const sane = isCount(tail, size) && Array.isArray(sizes) && sizes.length <= MOST_SIZES
      && sizes.every((one, at) => isInteger(one) && one > (at ? sizes[at - 1] : 0) && one < size);
    if (!sane) throw new MismatchError("`tail` or `sizes` has no possible value", MEMBER);
    if (!raw.get("streams").length && tail !== size) {
      throw new MismatchError("an export without streams needs no tail", { ...MEMBER, field: "tail" });
    }
    return { tail, sizes };
  }

  function parseStream(raw, size) {
    const sane = raw instanceof Map && hasKeys(raw, STREAM_KEYS) && SLOTS_OF.has(raw.get("kind"))
      && typeof raw.get("id") === "string" && typeof raw.get("key") === "string"
      && /^[0-9a-f]{64}$/.test(raw.get("key")) && isCount(raw.get("length"), size);
    if (!sane) throw new MismatchError("a stream does not have kind, id, key and a possible length", MEMBER);
    if (!raw.get("length")) {
      // Nothing ties such a key to anything, so a made-up one would stand for a stream that is kept back.
      throw new MismatchError(`the stream of ${raw.get("kind")} ${raw.get("id")} has no entries`, MEMBER);
    }
    return new Stream(raw.get("kind"), raw.get("id"), fromHex(raw.get("key")), raw.get("length"));
  }

  const isCount = (value, size) => isInteger(value) && value >= 0 && value <= size;

  return { SHORT, SLOTS_OF, parse };
})();
