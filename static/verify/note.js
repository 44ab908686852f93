/* Signed notes (C2SP signed-note v1.0.0): `ledger_bridge/tlog/note.py`. */
"use strict";

ithaca.note = (() => {
  const { FormatError, SignatureError, UnusableError, translate } = ithaca.errors;
  const { fromUtf8, quoted, start, toHex, toUtf8 } = ithaca.bytes;
  const { unbase64 } = ithaca.encoding;
  const { sha256 } = ithaca.sha256;
  const ED25519 = 0x01;
  const MAX_SIGNATURES = 100, MAX_NOTE_SIZE = 1 << 20, MAX_VKEY_SIZE = 8192;
  const DASH = "\u2014 ";
  // Unicode white space as Python sees it, control characters and halves of surrogate pairs.
  const FORBIDDEN_IN_NAMES = /[+\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

  function requireName(name) {
    if (!name || FORBIDDEN_IN_NAMES.test(name) || !name.isWellFormed()) {
      throw new FormatError(`${quoted(start(name, 80))} cannot be the name of a key`);
    }
  }

  /** Part a text at the first place where the separator stands. */
  function partition(text, separator) {
    const at = text.indexOf(separator);
    return at < 0 ? [text, false, ""] : [text.slice(0, at), true, text.slice(at + separator.length)];
  }

  /** A public key with the name and the signature type it is used for. */
  class VerifierKey {
    constructor(name, algorithm, publicKey) {
      this.name = name;
      this.algorithm = algorithm;
      this.publicKey = publicKey;
      this.keyId = toHex(sha256(toUtf8(name), Uint8Array.of(10, algorithm), publicKey).subarray(0, 4));
      this.identity = `${name}+${this.keyId}`;
    }

    /** Read `<name>+<key ID>+<base64>`. */
    static parse(vkey) {
      if (Array.from(vkey).length > MAX_VKEY_SIZE) {
        throw new FormatError(`a verifier key has at most ${MAX_VKEY_SIZE} characters`);
      }
      const [name, plus, rest] = partition(vkey, "+");
      const [identifier, secondPlus, encoded] = partition(rest, "+");
      if (!(plus && secondPlus && /^[0-9a-f]{8}$/.test(identifier))) {
        throw new FormatError("a verifier key reads <name>+<8 hexadecimal digits>+<base64>");
      }
      requireName(name);
      const raw = unbase64(encoded, `key of ${start(name, 80)}`);
      if (raw.length < 2) throw new FormatError("the verifier key is empty");
      const key = new VerifierKey(name, raw[0], raw.slice(1));
      if (key.keyId !== identifier) throw new FormatError(`the key ID of ${name} does not match its key`);
      return key;
    }
  }

  /** Signature type 0x01: Ed25519 over the text of the note. */
  class Ed25519Verifier {
    constructor(key) {
      this.key = key;
      requireEd25519Key(key);
    }

    verify(text, blob) {
      return verifyEd25519(this.key, blob, text);
    }
  }

  function requireEd25519Key(key) {
    if (key.publicKey.length !== 32) throw new FormatError(`the key of ${key.name} is not an Ed25519 key`);
  }

  /** Check a bare Ed25519 signature with the browser's own implementation. */
  async function verifyEd25519(key, signature, message) {
    const refused = new SignatureError(`the signature by ${key.name} does not verify`);
    let loaded;
    try {
      loaded = await crypto.subtle.importKey("raw", key.publicKey, { name: "Ed25519" }, false, ["verify"]);
    } catch (error) {
      if (error.name === "DataError") throw refused;
      throw new UnusableError(
        "This browser cannot check Ed25519 signatures, or not from this address. Open the page from a disk or by https in a " +
        "newer browser (Firefox 129, Safari 17, Chromium 137 or later), or use `python -m verifier`.",
      );
    }
    if (!(await crypto.subtle.verify({ name: "Ed25519" }, loaded, signature, message))) throw refused;
  }

  /** Take a note apart. Nothing about its signatures is known yet. */
  function parse(data) {
    if (data.length > MAX_NOTE_SIZE) throw new FormatError(`a note has at most ${MAX_NOTE_SIZE} bytes`);
    const decoded = translate(TypeError, () => new FormatError("the note is not UTF-8"), () => fromUtf8(data));
    if (/[\x00-\x09\x0b-\x1f]/.test(decoded)) throw new FormatError("the note holds a control character");
    const at = decoded.lastIndexOf("\n\n");
    if (at <= 0 || !decoded.endsWith("\n") || at + 2 >= decoded.length) {
      throw new FormatError("the note has no text, no blank line or no signatures, or its end is missing");
    }
    const lines = decoded.slice(at + 2, -1).split("\n");
    if (lines.length > MAX_SIGNATURES) throw new FormatError(`the note has more than ${MAX_SIGNATURES} signatures`);
    return { text: toUtf8(`${decoded.slice(0, at)}\n`), signatures: lines.map(parseSignature) };
  }

  function parseSignature(line) {
    const [name, space, encoded] = partition(line.startsWith(DASH) ? line.slice(DASH.length) : line, " ");
    if (!(line.startsWith(DASH) && space)) {
      throw new FormatError("a line below the text of the note is not a signature");
    }
    requireName(name);
    const raw = unbase64(encoded, `signature by ${start(name, 80)}`);
    if (raw.length <= 4) throw new FormatError(`the signature by ${name} is empty`);
    return { identity: `${name}+${toHex(raw.subarray(0, 4))}`, blob: raw.slice(4) };
  }

  /** Take a note apart and verify every signature by a known key; `signedBy` holds those that verified, in order. */
  async function open(data, verifiers) {
    const note = parse(data);
    const unused = new Map();
    for (const verifier of verifiers) {
      if (unused.has(verifier.key.identity)) {
        throw new FormatError(`two known keys have the name ${verifier.key.name} and the same key ID`);
      }
      unused.set(verifier.key.identity, verifier);
    }
    const signedBy = new Map();
    for (const { identity, blob } of note.signatures) {
      // Taking the verifier out drops repetitions of one key: only its first line counts.
      const verifier = unused.get(identity);
      if (!verifier) continue;
      unused.delete(identity);
      await verifier.verify(note.text, blob);
      signedBy.set(identity, blob);
    }
    if (!signedBy.size) throw new SignatureError("the note carries no signature by a key that is trusted for it");
    return { text: note.text, signedBy };
  }

  return { ED25519, VerifierKey, Ed25519Verifier, requireEd25519Key, verifyEd25519, parse, open };
})();
