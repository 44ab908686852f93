/* The signature algorithms that certificates and timestamps may use: `ledger_bridge/tlog/anchors/signatures.py`. */
"use strict";

ithaca.signatures = (() => {
  const { FormatError, ProofError } = ithaca.errors;
  const { concat } = ithaca.bytes;
  const { TAG, member, readBits, readOne } = ithaca.der;
  const HASHES = { "608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512" };
  const NAMED = {
    "2a864886f70d01010b": ["rsa", "sha256"],
    "2a864886f70d01010c": ["rsa", "sha384"],
    "2a864886f70d01010d": ["rsa", "sha512"],
    "2a8648ce3d040302": ["ecdsa", "sha256"],
    "2a8648ce3d040303": ["ecdsa", "sha384"],
    "2a8648ce3d040304": ["ecdsa", "sha512"],
    "2b6570": ["ed25519", "sha512"],
  };
  const RSA = "2a864886f70d010101", PSS = "2a864886f70d01010a", MGF1 = "2a864886f70d010108";
  const KEYS = {
    "2a864886f70d010101": { kind: "rsa" },
    "2a8648ce3d0201 2a8648ce3d030107": { kind: "ecdsa", namedCurve: "P-256", size: 32 },
    "2a8648ce3d0201 2b81040022": { kind: "ecdsa", namedCurve: "P-384", size: 48 },
    "2a8648ce3d0201 2b81040023": { kind: "ecdsa", namedCurve: "P-521", size: 66 },
    "2b6570": { kind: "ed25519" },
  };
  const LIBRARY = { sha1: "SHA-1", sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" };
  const FEWEST_BITS = 2048, MOST_BITS = 16384, MOST_SALT = 512, UNCOMPRESSED = 0x04;

  const digest = async (name, data) => new Uint8Array(await crypto.subtle.digest(LIBRARY[name], data));

  /** Read which hash is meant. */
  function readHash(element, what) {
    const [oid] = identifier(element, what);
    if (!Object.hasOwn(HASHES, oid)) throw new ProofError(`${what} uses a hash that is not known here (${oid})`);
    return HASHES[oid];
  }

  /** Read how something is signed; `hash` is the one that a timestamp names beside its algorithm. */
  function readAlgorithm(element, what, hash = null) {
    const [oid, parameters] = identifier(element, what);
    let algorithm;
    if (oid === PSS) {
      algorithm = readPss(parameters, what);
    } else if (oid === RSA && hash) {
      algorithm = { kind: "rsa", hash };
    } else if (Object.hasOwn(NAMED, oid)) {
      algorithm = { kind: NAMED[oid][0], hash: NAMED[oid][1] };
    } else {
      throw new ProofError(`${what} has an algorithm that is not known here (${oid})`);
    }
    if (hash !== null && hash !== algorithm.hash) throw new ProofError(`${what} names two hashes, ${hash} and ${algorithm.hash}`);
    return algorithm;
  }

  /** Check a signature with the browser's own implementation. */
  async function verify(publicKey, algorithm, signature, message, what) {
    const known = readKey(publicKey, what);
    if (known.kind !== algorithm.kind.replace("-pss", "")) {
      throw new ProofError(`${what} is not by a key of the kind that its algorithm asks for`);
    }
    const key = await load(publicKey, known, algorithm, what), bits = key.algorithm.modulusLength;
    if (known.kind === "rsa" && (bits < FEWEST_BITS || bits > MOST_BITS)) {
      throw new ProofError(`${what} is by a key of ${bits} bits, not ${FEWEST_BITS} to ${MOST_BITS}`);
    }
    const form = { name: key.algorithm.name, hash: LIBRARY[algorithm.hash], saltLength: algorithm.salt };
    const bare = known.kind === "ecdsa" ? bareSignature(signature, known.size) : signature;
    if (bare === null || !(await crypto.subtle.verify(form, key, bare, message))) throw new ProofError(`${what} does not verify`);
  }

  async function load(publicKey, { kind, namedCurve }, algorithm, what) {
    const forms = { "rsa": "RSASSA-PKCS1-v1_5", "rsa-pss": "RSA-PSS", "ecdsa": "ECDSA", "ed25519": "Ed25519" };
    const form = { name: forms[kind === "rsa" ? algorithm.kind : kind], hash: LIBRARY[algorithm.hash], namedCurve };
    try {
      return await crypto.subtle.importKey("spki", publicKey, form, false, ["verify"]);
    } catch (error) {
      if (error.name === "DataError") throw new FormatError(`the key of ${what} is not well formed`);
      throw error;
    }
  }

  /** From two numbers in DER to two numbers of fixed length, which the browser asks for; null when they are none. */
  function bareSignature(signature, size) {
    try {
      const numbers = readOne(signature).members(TAG.SEQUENCE, "").map((one) => bareNumber(one.expect(TAG.INTEGER, ""), size));
      return numbers.length === 2 && !numbers.includes(null) ? concat(...numbers) : null;
    } catch (error) {
      if (error instanceof FormatError) return null;
      throw error;
    }
  }

  function bareNumber(content, size) {
    const padded = content.length > 1 && content[0] === 0, digits = padded ? content.subarray(1) : content;
    const shortest = content.length > 0 && content[0] < 0x80 && !(padded && content[1] < 0x80);
    return shortest && digits.length <= size ? concat(new Uint8Array(size - digits.length), digits) : null;
  }

  function readKey(publicKey, what) {
    const name = `the key of ${what}`, parts = readOne(publicKey).members(TAG.SEQUENCE, name);
    const [oid, parameters] = identifier(member(parts, 0, name), name), point = readBits(member(parts, 1, name), name);
    const curve = parameters.filter((one) => one.tag === TAG.OID).map((one) => one.oid(name));
    const kind = [oid, ...curve].join(" ");
    if (!Object.hasOwn(KEYS, kind) || (curve.length && point[0] !== UNCOMPRESSED)) {
      throw new ProofError(`${what} is by a key of a kind that is not known here (${kind})`);
    }
    return KEYS[kind];
  }

  /** Read a hash, the same hash within MGF1, and a length of salt; what a PSS leaves out means SHA-1. */
  function readPss(parameters, what) {
    if (parameters.length !== 1) throw new FormatError(`${what} does not say how its PSS is made`);
    const name = `the PSS of ${what}`;
    const parts = new Map(parameters[0].members(TAG.SEQUENCE, name).map((one) => [one.tag, one]));
    if (parts.size !== 3 || ![TAG.CONTEXT_0, TAG.CONTEXT_1, TAG.CONTEXT_2].every((tag) => parts.has(tag))) {
      throw new ProofError(`${name} does not name its hash twice and its salt, or has another trailer`);
    }
    const hash = readHash(readOne(parts.get(TAG.CONTEXT_0).content), name);
    const [mask, inner] = identifier(readOne(parts.get(TAG.CONTEXT_1).content), name);
    const salt = readOne(parts.get(TAG.CONTEXT_2).content).expect(TAG.INTEGER, `the salt of ${what}`);
    if (mask !== MGF1 || inner.length !== 1 || readHash(inner[0], name) !== hash) {
      throw new ProofError(`${name} uses two hashes, or no MGF1`);
    }
    const length = salt[0] >= 0x80 ? -1 : salt.reduce((sum, byte) => sum * 256 + byte, 0);
    if (length < 0 || length > MOST_SALT) throw new FormatError(`${name} has an impossible salt`);
    return { kind: "rsa-pss", hash, salt: length };
  }

  function identifier(element, what) {
    const name = `the algorithm of ${what}`, parts = element.members(TAG.SEQUENCE, name);
    const rest = parts.slice(1).filter((one) => one.tag !== TAG.NULL || one.content.length);
    return [member(parts, 0, name).oid(name), rest];
  }

  return { digest, readHash, readAlgorithm, verify };
})();
