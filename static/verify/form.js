/* One event, as `events.jsonl` and receipts hold it: its form, the sanity of its values, and its leaf: `verifier/form.py`. */
"use strict";

ithaca.form = (() => {
  const { FormatError, translate } = ithaca.errors;
  const { equal, fromHex } = ithaca.bytes;
  const { unbase64 } = ithaca.encoding;
  const { SLOTS, commitment, commitmentFromHashes, disclosedHashes, leafCommitment, requireFieldName } = ithaca.entry;
  const { hasKeys, isInteger } = ithaca.strict_json;

  /** An event contradicts itself, its leaf or a stream; `field` says where if one field is to blame. */
  class WrongEventError extends Error {
    constructor(sentence, field = "") {
      super(sentence);
      this.field = field;
    }
  }

  const SALTED = ["index", "tags", "fields", "salts", "hidden"];
  const SEEDED = ["index", "tags", "fields", "seed"];
  const ERASED = ["index", "tags", "commitment", "erased"];
  const SEED_SIZE = 32;
  const LARGEST_NUMBER = (1n << 63n) - 1n;

  const matching = (pattern) => (value) => typeof value === "string" && pattern.test(value);
  const orNull = (check) => (value) => value === null || check(value);
  const optional = orNull((value) => typeof value === "string");
  const time = matching(/^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{6}Z$/);
  const isHash = matching(/^[0-9a-f]{64}$/);
  const isUuid = matching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const stream = orNull(isHash);
  /** What an event of any kind says when a program acted: the id of the personal token that it acted by. */
  const BY_TOKEN = "detail.by_token";

  const COMMON = new Map(Object.entries({
    id: isUuid,
    kind: matching(/^[a-z0-9_]+(?:\.[a-z0-9_]+)+$/),
    schema: (value) => isInteger(value) && value > 0,
    occurred_at: time,
    recorded_at: time,
    actor: optional,
    actor_kind: (value) => ["person", "service", "anonymous"].includes(value),
    actor_institution: optional,
    workspace: optional,
    item: optional,
    version: optional,
    person: optional,
    outcome: (value) => ["allow", "deny"].includes(value),
    purpose: optional,
    request_id: optional,
    source_address: optional,
    workspace_stream: stream,
    item_stream: stream,
    actor_stream: stream,
    person_stream: stream,
  }));

  const odd = () => new FormatError("it does not have the form of an event");

  /** One line, read. */
  class Event {
    fields = new Map();
    salts = new Uint8Array(0);
    hidden = new Map();
    seed = null; // in place of the salts, when nothing is hidden
    erased = null; // the commitment, when it is all that is left

    static parse(raw) {
      if (!(raw instanceof Map) || !isInteger(raw.get("index"))) throw odd();
      const form = [SALTED, SEEDED, ERASED].find((keys) => hasKeys(raw, keys));
      const event = new Event();
      event.index = raw.get("index");
      event.tags = raw.get("tags");
      if (!form || !(event.tags instanceof Map)) throw odd();
      for (const [slot, number] of event.tags) {
        if (!SLOTS.includes(slot) || !isInteger(number) || number < 1 || number > LARGEST_NUMBER) {
          throw new FormatError("its `tags` are not numbers by slot");
        }
      }
      if (form === ERASED) {
        event.erased = erasedCommitment(raw);
        return event;
      }
      event.fields = raw.get("fields");
      if (!(event.fields instanceof Map)) throw odd();
      if (form === SEEDED) {
        event.seed = base64(raw.get("seed"));
        if (event.seed.length !== SEED_SIZE) throw new FormatError(`a seed has ${SEED_SIZE} bytes`);
      } else {
        event.hidden = readHidden(raw.get("hidden"), event.fields);
        event.salts = base64(raw.get("salts"));
      }
      return event;
    }

    /** The id of the personal token by which a program acted, where the event says so. */
    get token() {
      const value = this.fields.get(BY_TOKEN);
      return isUuid(value) ? value : null;
    }

    /** A field that must be text. */
    text(name) {
      const value = this.fields.get(name);
      if (typeof value !== "string") throw new WrongEventError("it is not text in clear", name);
      return value;
    }

    /** A field that must be a count. */
    count(name) {
      const value = this.fields.get(name);
      if (!isInteger(value) || value < 0 || value > Number.MAX_SAFE_INTEGER) {
        throw new WrongEventError("it is not a count in clear", name);
      }
      return value;
    }

    /** The commitment that the leaf must hold. */
    commitment() {
      if (this.erased) return this.erased;
      if (this.seed) return commitment(this.fields, this.seed);
      return commitmentFromHashes(new Map([...this.hidden, ...disclosedHashes(this.fields, this.salts)]));
    }

    /** Check that every common field is there and that values in clear are sane. */
    checkValues() {
      if (this.erased) return;
      for (const [name, isSane] of COMMON) {
        if (this.fields.has(name)) {
          if (!isSane(this.fields.get(name))) {
            throw new WrongEventError("its value is not one that this field can have", name);
          }
        } else if (!this.hidden.has(name)) {
          throw new WrongEventError("it is neither in clear nor hidden", name);
        }
      }
      if (this.fields.has(BY_TOKEN) && this.token === null) {
        throw new WrongEventError("its value is not one that this field can have", BY_TOKEN);
      }
    }

    /** Check that this is the event that the leaf commits to. */
    checkLeaf(leaf) {
      const wrong = (error) => new WrongEventError(error.message);
      const [held, own] = translate(FormatError, wrong, () => [leafCommitment(leaf), this.commitment()]);
      if (!equal(held, own)) {
        throw new WrongEventError("its fields and salts do not give the commitment in its leaf", "commitment");
      }
    }
  }

  function erasedCommitment(raw) {
    if (raw.get("erased") !== true || !isHash(raw.get("commitment"))) {
      throw new FormatError("an erased event gives its commitment and nothing else");
    }
    return fromHex(raw.get("commitment"));
  }

  function base64(text) {
    if (typeof text !== "string") throw new FormatError("a secret is not text");
    return unbase64(text, "secret");
  }

  function readHidden(hashes, fields) {
    if (!(hashes instanceof Map)) throw odd();
    for (const name of hashes.keys()) {
      if (fields.has(name)) throw new FormatError("a field is both in clear and hidden");
    }
    for (const name of hashes.keys()) requireFieldName(name);
    return new Map([...hashes].map(([name, one]) => [name, fromHex(one)]));
  }

  return { WrongEventError, Event };
})();
