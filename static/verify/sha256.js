/* SHA-256 (FIPS 180-4) and HMAC. WebCrypto has both, but only one promise at a time; a trail takes millions of short
   hashes, and these lines are thirty times faster for them. */
"use strict";

ithaca.sha256 = (() => {
  const K = new Int32Array(64);
  const INITIAL = new Int32Array(8);
  const BLOCK = 64;

  // The constants are the first 32 bits of the fractional parts of square and cube roots of the first primes.
  for (let number = 2, found = 0; found < 64; number++) {
    if (Array.from({ length: number - 2 }, (_, at) => at + 2).some((divisor) => number % divisor === 0)) continue;
    if (found < 8) INITIAL[found] = fraction(number, 2n);
    K[found++] = fraction(number, 3n);
  }

  /** 32 bits after the point of the root, by bisection in whole numbers. */
  function fraction(number, degree) {
    const wanted = BigInt(number) << (32n * degree);
    let low = 0n, high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** degree <= wanted) low = middle;
      else high = middle;
    }
    return Number(BigInt.asIntN(32, low));
  }

  const w = new Int32Array(64);

  function compress(state, data, at) {
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  let message = new Uint8Array(1 << 12);
  const state = new Int32Array(8);

  /** Hash the parts one after the other, going on from a state in which `before` bytes were hashed. */
  function finish(from, before, parts) {
    let size = 0;
    for (let i = 0; i < parts.length; i++) size += parts[i].length;
    const padded = (size + 9 + BLOCK - 1) & -BLOCK;
    if (padded > message.length) message = new Uint8Array(2 * padded);
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      message.set(parts[i], at);
      at += parts[i].length;
    }
    pad(message, size, padded, before + size);
    state.set(from);
    for (at = 0; at < padded; at += BLOCK) compress(state, message, at);
    return output(state);
  }

  function pad(data, size, padded, total) {
    data.fill(0, size, padded);
    data[size] = 0x80;
    write32(data, padded - 8, Math.floor(total / 0x20000000));
    write32(data, padded - 4, total << 3);
  }

  function output(words) {
    const digest = new Uint8Array(32);
    for (let i = 0; i < 8; i++) write32(digest, 4 * i, words[i]);
    return digest;
  }

  function write32(data, at, word) {
    data[at] = word >>> 24;
    data[at + 1] = word >>> 16;
    data[at + 2] = word >>> 8;
    data[at + 3] = word;
  }

  /** The digest of some parts, one after the other. */
  const sha256 = (...parts) => finish(INITIAL, 0, parts);

  /** The digest of what comes in pieces. */
  class Sha256 {
    #state = INITIAL.slice();
    #rest = new Uint8Array(0);
    #before = 0;

    update(data) {
      let at = 0;
      if (this.#rest.length) {
        at = Math.min(BLOCK - this.#rest.length, data.length);
        this.#rest = ithaca.bytes.concat(this.#rest, data.subarray(0, at));
        if (this.#rest.length < BLOCK) return;
        this.#take(this.#rest, 0);
      }
      for (; at + BLOCK <= data.length; at += BLOCK) this.#take(data, at);
      this.#rest = data.slice(at);
    }

    digest() {
      return finish(this.#state, this.#before, [this.#rest]);
    }

    #take(data, at) {
      compress(this.#state, data, at);
      this.#before += BLOCK;
    }
  }

  /** HMAC-SHA-256 under one key of at most 64 bytes, for many short messages. */
  class Hmac {
    constructor(key) {
      this.inner = masked(key, 0x36);
      this.outer = masked(key, 0x5c);
    }

    digest(...parts) {
      return finish(this.outer, BLOCK, [finish(this.inner, BLOCK, parts)]);
    }
  }

  function masked(key, mask) {
    const block = new Uint8Array(BLOCK).fill(mask);
    for (let at = 0; at < key.length; at++) block[at] ^= key[at];
    const begun = INITIAL.slice();
    compress(begun, block, 0);
    return begun;
  }

  return { sha256, Sha256, Hmac };
})();
