/* Strict readers for the encodings that the text formats share: `ledger_bridge/tlog/encoding.py`. */
"use strict";

ithaca.encoding = (() => {
  const { FormatError } = ithaca.errors;
  const { exact, quoted, start } = ithaca.bytes;
  const MAX_SIZE = (1n << 63n) - 1n;

  /** A decimal number without sign, leading zero or separator, at most 2^63 - 1. */
  function decimal(text, field = "number") {
    if (!/^(?:0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) > MAX_SIZE) {
      throw new FormatError(`${field}: ${quoted(start(text, 40))} is not a decimal number as the format wants it`);
    }
    return exact(BigInt(text));
  }

  /** Padded standard base64 in its one canonical spelling. */
  function unbase64(text, field = "value") {
    if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
      throw new FormatError(`${field}: ${quoted(start(text, 40))} is not base64`);
    }
    const raw = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    if (toBase64(raw) !== text) throw new FormatError(`${field}: ${quoted(start(text, 40))} is not canonical base64`);
    return raw;
  }

  function toBase64(raw) {
    let text = "";
    for (let at = 0; at < raw.length; at += 8192) text += String.fromCharCode(...raw.subarray(at, at + 8192));
    return btoa(text);
  }

  function hashFromBase64(text, field = "hash") {
    const raw = unbase64(text, field);
    if (raw.length !== 32) throw new FormatError(`${field}: a hash has 32 bytes, this one has ${raw.length}`);
    return raw;
  }

  return { MAX_SIZE, decimal, unbase64, toBase64, hashFromBase64 };
})();
