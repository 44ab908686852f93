/* What Python has built in: bytes to text and back, comparison, big-endian numbers, and the quoted form of a text. */
"use strict";

ithaca.bytes = (() => {
  const { FormatError } = ithaca.errors;
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

  /** Bytes as text; throws a TypeError when they are not UTF-8. */
  const fromUtf8 = (data) => strict.decode(data);

  /** Text as UTF-8; half of a surrogate pair has no such form. */
  function toUtf8(text) {
    if (!text.isWellFormed()) throw new FormatError("a text holds half of a surrogate pair");
    return encoder.encode(text);
  }

  /** The bytes of a text that is known to be ASCII. */
  const ascii = (text) => encoder.encode(text);

  function concat(...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  function equal(a, b) {
    if (a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
    return true;
  }

  function toHex(data) {
    let text = "";
    for (const byte of data) text += HEX[byte];
    return text;
  }

  /** Bytes from hexadecimal as Python reads it: either case, white space between bytes. */
  function fromHex(text) {
    if (typeof text !== "string" || !/^(?:[ \t\n\r\f\v]*[0-9a-fA-F]{2})*[ \t\n\r\f\v]*$/.test(text)) {
      throw new FormatError("it is not hexadecimal");
    }
    const digits = text.replace(/[ \t\n\r\f\v]/g, "");
    return Uint8Array.from({ length: digits.length / 2 }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
  }

  /** Eight bytes, big-endian, of a number or a BigInt. */
  function u64(number) {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigUint64(0, BigInt(number));
    return data;
  }

  /** A big-endian number: an ordinary one as long as it is exact, a BigInt beyond. */
  function integer(data) {
    let value = 0n;
    for (const byte of data) value = (value << 8n) | BigInt(byte);
    return exact(value);
  }

  const exact = (value) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);

  /** The first characters of a text, whole ones. */
  const start = (text, count) => Array.from(text).slice(0, count).join("");

  const isPrintable = (one) => one === " " || !/[\p{C}\p{Z}]/u.test(one);

  /** A text in quotes, as Python would show it. */
  function quoted(text) {
    const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
    const known = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", [quote]: `\\${quote}` };
    const inside = Array.from(text).map((one) => known[one] ?? (isPrintable(one) ? one : escaped(one)));
    return quote + inside.join("") + quote;
  }

  function escaped(one) {
    const hex = one.codePointAt(0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  }

  return {
    fromUtf8, toUtf8, ascii, concat, equal, toHex, fromHex, u64, integer, exact, start, isPrintable, quoted,
  };
})();
