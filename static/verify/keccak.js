/* Keccak-f[1600] (FIPS 202) as SHAKE, for ML-DSA-44, and as Keccak-256, the hash of Ethereum: `tlog/anchors/keccak.py`.
   A lane of 64 bits is two halves of 32: the low one at 2n, the high one at 2n + 1. */
"use strict";

ithaca.keccak = (() => {
  const OFFSETS = new Uint8Array(25);
  const TARGETS = new Uint8Array(25);
  const CONSTANTS = roundConstants();

  /** How far each lane is rotated, and where it goes (steps rho and pi). */
  for (let step = 0, x = 1, y = 0; step < 24; step++) {
    OFFSETS[x + 5 * y] = (((step + 1) * (step + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  for (let lane = 0; lane < 25; lane++) {
    const x = lane % 5, y = Math.floor(lane / 5);
    TARGETS[lane] = y + 5 * ((2 * x + 3 * y) % 5);
  }

  /** The 24 constants as pairs of halves, from the linear feedback shift register of FIPS 202, algorithm 5. */
  function roundConstants() {
    const constants = new Int32Array(48);
    let register = 1;
    for (let round = 0; round < 24; round++) {
      for (let power = 0; power < 7; power++) {
        const bit = (1 << power) - 1;
        if (register & 1) constants[2 * round + (bit >> 5)] |= 1 << (bit & 31);
        register = (register << 1) ^ (register & 0x80 ? 0x171 : 0);
      }
    }
    return constants;
  }

  const columns = new Int32Array(10);
  const moved = new Int32Array(50);

  function permute(s) {
    for (let round = 0; round < 24; round++) {
      for (let i = 0; i < 10; i++) columns[i] = s[i] ^ s[i + 10] ^ s[i + 20] ^ s[i + 30] ^ s[i + 40];
      for (let lane = 0; lane < 25; lane++) {
        const left = 2 * ((lane + 4) % 5), right = 2 * ((lane + 1) % 5), by = OFFSETS[lane];
        let low = s[2 * lane] ^ columns[left] ^ ((columns[right] << 1) | (columns[right + 1] >>> 31));
        let high = s[2 * lane + 1] ^ columns[left + 1] ^ ((columns[right + 1] << 1) | (columns[right] >>> 31));
        if (by & 32) [low, high] = [high, low];
        const rest = by & 31, at = 2 * TARGETS[lane];
        moved[at] = rest ? (low << rest) | (high >>> (32 - rest)) : low;
        moved[at + 1] = rest ? (high << rest) | (low >>> (32 - rest)) : high;
      }
      for (let row = 0; row < 50; row += 10) {
        for (let i = 0; i < 10; i++) {
          s[row + i] = moved[row + i] ^ (~moved[row + ((i + 2) % 10)] & moved[row + ((i + 4) % 10)]);
        }
      }
      s[0] ^= CONSTANTS[2 * round];
      s[1] ^= CONSTANTS[2 * round + 1];
    }
  }

  /** Takes everything in at once, and gives out as much as is asked for. */
  class Sponge {
    #state = new Int32Array(50);
    #rate;
    #at = 0;

    constructor(rate, suffix, ...parts) {
      this.#rate = rate;
      for (const part of parts) for (const byte of part) this.#take(byte);
      this.#xor(this.#at, suffix);
      this.#xor(rate - 1, 0x80);
      permute(this.#state);
      this.#at = 0;
    }

    squeeze(count) {
      const out = new Uint8Array(count);
      for (let i = 0; i < count; i++) {
        if (this.#at === this.#rate) {
          permute(this.#state);
          this.#at = 0;
        }
        out[i] = this.#state[this.#at >> 2] >>> (8 * (this.#at & 3));
        this.#at++;
      }
      return out;
    }

    #take(byte) {
      this.#xor(this.#at++, byte);
      if (this.#at === this.#rate) {
        permute(this.#state);
        this.#at = 0;
      }
    }

    #xor(at, byte) {
      this.#state[at >> 2] ^= byte << (8 * (at & 3));
    }
  }

  const keccak256 = (...parts) => new Sponge(136, 0x01, ...parts).squeeze(32);
  const shake128 = (...parts) => new Sponge(168, 0x1f, ...parts);
  const shake256 = (...parts) => new Sponge(136, 0x1f, ...parts);

  return { keccak256, shake128, shake256 };
})();
