/* Entries, leaves and streams, `docs/formats/entry.md` byte for byte: `ledger_bridge/tlog/entry.py`. */
"use strict";

ithaca.entry = (() => {
  const { FormatError } = ithaca.errors;
  const { ascii, concat, quoted, start, toUtf8, u64 } = ithaca.bytes;
  const { sha256, Hmac } = ithaca.sha256;
  const SECRET_SIZE = 32, HASH_SIZE = 32, TAG_SIZE = 16, LEAF_SIZE = 97, LEAF_VERSION = 1;
  const SLOTS = ["workspace", "item", "actor", "person"];
  const MAX_DEPTH = 16;
  const MAX_FIELDS = 65535;

  const domain = (name) => ascii(`ithaca.${name}.v1\0`);
  const SALT = domain("salt"), FIELD = domain("field"), ENTRY = domain("entry"), TAG = domain("tag");
  const STREAM = domain("stream");

  /** The RFC 8785 form of a value, as bytes. Objects are Maps here, as `strict_json.js` reads them. */
  const canonical = (value) => toUtf8(canonicalText(value, MAX_DEPTH));

  function canonicalText(value, depth) {
    if (value === null || typeof value === "boolean") return String(value);
    if (typeof value === "string") return quotedText(value);
    if (typeof value === "number") return String(value);
    if (typeof value === "bigint") throw new FormatError("an integer is larger than 2^53 - 1");
    if (depth === 0) throw new FormatError(`a value is nested more than ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value)) return `[${value.map((one) => canonicalText(one, depth - 1)).join(",")}]`;
    const keys = [...value.keys()].sort();
    if (!keys.every((key) => /^[\x00-\x7f]*$/.test(key))) throw new FormatError("the keys of an object are ASCII text");
    return `{${keys.map((key) => `${quotedText(key)}:${canonicalText(value.get(key), depth - 1)}`).join(",")}}`;
  }

  function quotedText(text) {
    if (!text.isWellFormed()) throw new FormatError("a text holds half of a surrogate pair");
    return JSON.stringify(text);
  }

  function requireFieldName(name) {
    if (!/^[a-z][a-z0-9_.]{0,63}$/.test(name)) {
      throw new FormatError(`${quoted(start(name, 80))} is not the name of a field`);
    }
  }

  const framed = new Map();

  /** `u16(len(name)) ‖ name`. The same few dozen names come again and again. */
  function framedName(name) {
    let made = framed.get(name);
    if (!made) {
      requireFieldName(name);
      made = concat(Uint8Array.of(0, name.length), ascii(name));
      if (framed.size < 4096) framed.set(name, made);
    }
    return made;
  }

  /** The hash of every field by name, from the seed. */
  function fieldHashes(fields, seed) {
    if (seed.length !== SECRET_SIZE) throw new FormatError(`a seed or a stream key has ${SECRET_SIZE} bytes`);
    const key = new Hmac(seed), hashes = new Map();
    for (const name of [...fields.keys()].sort()) {
      const name16 = framedName(name);
      hashes.set(name, sha256(FIELD, key.digest(SALT, name16.subarray(2)), name16, canonical(fields.get(name))));
    }
    return hashes;
  }

  /** The hash of every disclosed field by name, from the salts as an export holds them. */
  function disclosedHashes(fields, salts) {
    if (salts.length !== SECRET_SIZE * fields.size) {
      throw new FormatError("there is not one salt for every disclosed field");
    }
    const hashes = new Map();
    let at = 0;
    for (const name of [...fields.keys()].sort()) {
      const value = canonical(fields.get(name));
      hashes.set(name, sha256(FIELD, salts.subarray(at, at + SECRET_SIZE), framedName(name), value));
      at += SECRET_SIZE;
    }
    return hashes;
  }

  /** The commitment, from the hash of every field by name. */
  function commitmentFromHashes(hashes) {
    const parts = [...hashes.keys()].sort().map((name) => hashes.get(name));
    const body = concat(...parts);
    if (body.length !== HASH_SIZE * parts.length) throw new FormatError(`the hash of a field has ${HASH_SIZE} bytes`);
    if (parts.length > MAX_FIELDS) throw new FormatError(`an entry has at most ${MAX_FIELDS} fields`);
    return sha256(ENTRY, Uint8Array.of(parts.length >> 8, parts.length), body);
  }

  const commitment = (fields, seed) => commitmentFromHashes(fieldHashes(fields, seed));

  const streamHmac = (key) => new Hmac(key);

  /** The tag that entry `number` of a stream carries; the stream's key is given as `streamHmac` of it. */
  const tag = (hmac, number) => hmac.digest(TAG, u64(number)).subarray(0, TAG_SIZE);

  const streamCommitment = (key) => sha256(STREAM, key);

  /** The commitment in a leaf, which must have the length and the version described here. */
  function leafCommitment(leaf) {
    if (leaf.length !== LEAF_SIZE || leaf[0] !== LEAF_VERSION) {
      throw new FormatError(`a leaf has ${LEAF_SIZE} bytes and begins with 0x01`);
    }
    return leaf.subarray(LEAF_SIZE - HASH_SIZE);
  }

  return {
    LEAF_SIZE, LEAF_VERSION, SLOTS, TAG_SIZE, canonical, requireFieldName, commitment, commitmentFromHashes, disclosedHashes,
    streamHmac, tag, streamCommitment, leafCommitment,
  };
})();
