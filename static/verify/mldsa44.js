/* ML-DSA-44 (FIPS 204), verification only: pure, with an empty context. The names are those of the standard.

   Numbers stay below 2^46 when two coefficients are multiplied, so that ordinary numbers hold them exactly. Everything
   here is public, so nothing needs to take the same time. */
"use strict";

ithaca.mldsa44 = (() => {
  const { concat, equal } = ithaca.bytes;
  const { shake128, shake256 } = ithaca.keccak;
  const Q = 8380417, N = 256, D = 13;
  const K = 4, L = 4, TAU = 39, OMEGA = 80, BETA = 78;
  const GAMMA1 = 1 << 17, GAMMA2 = (Q - 1) / 88;
  const LAMBDA_BYTES = 32; // the length of c~
  const PUBLIC_KEY_SIZE = 32 + K * 320, SIGNATURE_SIZE = LAMBDA_BYTES + L * 576 + OMEGA + K;

  /** The powers of 1753, the 512th root of unity, in bit-reversed order (appendix B). */
  const ZETAS = Array.from({ length: N }, (_, place) => {
    let exponent = 0;
    for (let bit = 0; bit < 8; bit++) exponent |= ((place >> bit) & 1) << (7 - bit);
    let power = 1;
    for (let i = 0; i < exponent; i++) power = (power * 1753) % Q;
    return power;
  });

  /** Algorithm 41. */
  function ntt(w) {
    let m = 0;
    for (let length = 128; length >= 1; length >>= 1) {
      for (let begin = 0; begin < N; begin += 2 * length) {
        const zeta = ZETAS[++m];
        for (let j = begin; j < begin + length; j++) {
          const t = (zeta * w[j + length]) % Q;
          w[j + length] = (w[j] - t + Q) % Q;
          w[j] = (w[j] + t) % Q;
        }
      }
    }
    return w;
  }

  /** Algorithm 42. */
  function inverseNtt(w) {
    let m = 256;
    for (let length = 1; length < N; length <<= 1) {
      for (let begin = 0; begin < N; begin += 2 * length) {
        const zeta = Q - ZETAS[--m];
        for (let j = begin; j < begin + length; j++) {
          const t = w[j];
          w[j] = (t + w[j + length]) % Q;
          w[j + length] = (zeta * (t - w[j + length] + Q)) % Q;
        }
      }
    }
    return w.map((one) => (one * 8347681) % Q); // 256^-1
  }

  /** Algorithm 30: one polynomial of the matrix A, uniformly below q. */
  function rejNttPoly(rho, s, r) {
    const stream = shake128(rho, Uint8Array.of(s, r)), a = [];
    while (a.length < N) {
      const [low, middle, high] = stream.squeeze(3);
      const z = ((high & 0x7f) << 16) | (middle << 8) | low;
      if (z < Q) a.push(z);
    }
    return a;
  }

  /** Algorithm 29: a polynomial with τ coefficients 1 or -1, the others 0. */
  function sampleInBall(seed) {
    const stream = shake256(seed), signs = stream.squeeze(8), c = new Array(N).fill(0);
    for (let i = N - TAU, bit = 0; i < N; i++, bit++) {
      let [j] = stream.squeeze(1);
      while (j > i) [j] = stream.squeeze(1);
      c[i] = c[j];
      c[j] = (signs[bit >> 3] >> (bit & 7)) & 1 ? Q - 1 : 1;
    }
    return c;
  }

  /** 256 numbers of some bits each, least significant bit first (algorithm 18). */
  function unpack(data, bits) {
    const numbers = [];
    let held = 0, count = 0;
    for (const byte of data) {
      held += byte * 2 ** count;
      for (count += 8; count >= bits; count -= bits) {
        numbers.push(held % 2 ** bits);
        held = Math.floor(held / 2 ** bits);
      }
    }
    return numbers;
  }

  /** Coefficients of 6 bits each as bytes: w1Encode, algorithm 28. */
  function pack6(numbers) {
    const data = new Uint8Array((numbers.length * 6) / 8);
    for (let i = 0, at = 0; i < numbers.length; i += 4) {
      const four = numbers[i] | (numbers[i + 1] << 6) | (numbers[i + 2] << 12) | (numbers[i + 3] << 18);
      data[at++] = four;
      data[at++] = four >> 8;
      data[at++] = four >> 16;
    }
    return data;
  }

  /** Algorithm 21: where the hints are, or null if they are not written in their one form. */
  function hintBitUnpack(y) {
    const hints = Array.from({ length: K }, () => new Uint8Array(N));
    let index = 0;
    for (let i = 0; i < K; i++) {
      const end = y[OMEGA + i];
      if (end < index || end > OMEGA) return null;
      for (const first = index; index < end; index++) {
        if (index > first && y[index - 1] >= y[index]) return null;
        hints[i][y[index]] = 1;
      }
    }
    return y.subarray(index, OMEGA).every((one) => one === 0) ? hints : null;
  }

  /** Algorithm 40: the high bits of r, one up or down if there is a hint. */
  function useHint(hint, r) {
    const m = (Q - 1) / (2 * GAMMA2);
    let r0 = r % (2 * GAMMA2);
    if (r0 > GAMMA2) r0 -= 2 * GAMMA2;
    let r1 = (r - r0) / (2 * GAMMA2);
    if (r - r0 === Q - 1) {
      r1 = 0;
      r0 -= 1;
    }
    if (!hint) return r1;
    return r0 > 0 ? (r1 + 1) % m : (r1 + m - 1) % m;
  }

  const part = (data, size, place) => data.subarray(size * place, size * (place + 1));

  /** Algorithms 3 and 8: whether this is a signature of the message by the holder of the key. */
  function verify(publicKey, message, signature, context = new Uint8Array(0)) {
    if (publicKey.length !== PUBLIC_KEY_SIZE || signature.length !== SIGNATURE_SIZE || context.length > 255) return false;
    const rho = publicKey.subarray(0, 32);
    const challenge = signature.subarray(0, LAMBDA_BYTES);
    const packed = signature.subarray(LAMBDA_BYTES, LAMBDA_BYTES + L * 576);
    const hints = hintBitUnpack(signature.subarray(LAMBDA_BYTES + L * 576));
    const z = Array.from({ length: L }, (_, s) => unpack(part(packed, 576, s), 18).map((one) => GAMMA1 - one));
    if (!hints || z.some((poly) => poly.some((one) => Math.abs(one) >= GAMMA1 - BETA))) return false;
    const zHat = z.map((poly) => ntt(poly.map((one) => (one + Q) % Q)));
    const cHat = ntt(sampleInBall(challenge));
    const high = [];
    for (let r = 0; r < K; r++) {
      const t1 = ntt(unpack(part(publicKey.subarray(32), 320, r), 10).map((one) => one * (1 << D)));
      const sum = t1.map((one, i) => (Q - ((one * cHat[i]) % Q)) % Q);
      for (let s = 0; s < L; s++) {
        const a = rejNttPoly(rho, s, r);
        for (let i = 0; i < N; i++) sum[i] = (sum[i] + a[i] * zHat[s][i]) % Q;
      }
      high.push(pack6(inverseNtt(sum).map((one, i) => useHint(hints[r][i], one))));
    }
    const tr = shake256(publicKey).squeeze(64);
    const mu = shake256(tr, Uint8Array.of(0, context.length), context, message).squeeze(64);
    return equal(challenge, shake256(mu, concat(...high)).squeeze(LAMBDA_BYTES));
  }

  return { PUBLIC_KEY_SIZE, SIGNATURE_SIZE, verify };
})();
