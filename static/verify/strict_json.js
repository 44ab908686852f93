/* JSON that can be read in one way only: no floats, no NaN, no repeated keys: `verifier/strict_json.py`.
   The browser's own reader lets all three pass. Objects become Maps, so that no name in a file means anything here. */
"use strict";

ithaca.strict_json = (() => {
  const { FormatError, translate } = ithaca.errors;
  const { fromUtf8, start } = ithaca.bytes;
  const DEEPEST = 100, MOST_DIGITS = 4300;
  const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
  const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
  const QUOTE = 34, BACKSLASH = 92;

  /** Read JSON from UTF-8. */
  function loads(data) {
    const text = translate(TypeError, () => new FormatError("it is not UTF-8"), () => fromUtf8(data));
    const reader = new Reader(text);
    reader.skip();
    const value = reader.value(0);
    reader.skip();
    if (reader.at !== text.length) reader.fail("Extra data");
    return value;
  }

  class Reader {
    at = 0;
    #text;

    constructor(text) {
      this.#text = text;
    }

    fail(what) {
      throw new FormatError(`${what} at character ${this.at}`);
    }

    skip() {
      for (;;) {
        const one = this.#text.charCodeAt(this.at);
        if (one !== 32 && one !== 10 && one !== 13 && one !== 9) return;
        this.at++;
      }
    }

    value(depth) {
      const first = this.#text[this.at];
      if (first === '"') return this.#string();
      if (first === "{") return this.#object(depth + 1);
      if (first === "[") return this.#list(depth + 1);
      for (const [word, meaning] of [["true", true], ["false", false], ["null", null]]) {
        if (this.#take(word)) return meaning;
      }
      for (const word of ["NaN", "Infinity", "-Infinity"]) {
        if (this.#take(word)) throw new FormatError(`${word} is not an integer`);
      }
      return this.#number();
    }

    #take(word) {
      if (!this.#text.startsWith(word, this.at)) return false;
      this.at += word.length;
      return true;
    }

    #number() {
      NUMBER.lastIndex = this.at;
      const match = NUMBER.exec(this.#text);
      if (!match) this.fail("Expecting value");
      const [digits, fraction, exponent] = match;
      this.at += digits.length;
      if (fraction || exponent) throw new FormatError(`${start(digits, 40)} is not an integer`);
      if (digits.length <= 15) return Number(digits) + 0;
      if (digits.length > MOST_DIGITS) throw new FormatError("a number has too many digits");
      const value = BigInt(digits);
      return BigInt.asIntN(54, value) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }

    #string() {
      const text = this.#text;
      let from = ++this.at, made = "";
      for (;;) {
        const one = text.charCodeAt(this.at);
        if (one === QUOTE) {
          made += text.slice(from, this.at++);
          return made;
        }
        if (!(one >= 32)) this.fail("A text has no end, or holds a control character"); // NaN at the end
        if (one === BACKSLASH) {
          made += text.slice(from, this.at) + this.#escape();
          from = this.at;
        } else {
          this.at++;
        }
      }
    }

    #escape() {
      const letter = this.#text[this.at + 1];
      if (letter === "u") {
        const hex = this.#text.slice(this.at + 2, this.at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail("Invalid escape");
        this.at += 6;
        return String.fromCharCode(parseInt(hex, 16));
      }
      if (letter === undefined || !Object.hasOwn(ESCAPES, letter)) this.fail("Invalid escape");
      this.at += 2;
      return ESCAPES[letter];
    }

    #list(depth) {
      requireShallow(depth);
      const made = [];
      this.at++;
      this.skip();
      if (this.#take("]")) return made;
      for (;;) {
        made.push(this.value(depth));
        this.skip();
        if (this.#take("]")) return made;
        if (!this.#take(",")) this.fail("Expecting ',' delimiter");
        this.skip();
      }
    }

    #object(depth) {
      requireShallow(depth);
      const made = new Map();
      this.at++;
      this.skip();
      if (this.#take("}")) return made;
      for (;;) {
        if (this.#text.charCodeAt(this.at) !== QUOTE) this.fail("Expecting a name in double quotes");
        const name = this.#string();
        if (made.has(name)) throw new FormatError("a key occurs twice in one object");
        this.skip();
        if (!this.#take(":")) this.fail("Expecting ':' delimiter");
        this.skip();
        made.set(name, this.value(depth));
        this.skip();
        if (this.#take("}")) return made;
        if (!this.#take(",")) this.fail("Expecting ',' delimiter");
        this.skip();
      }
    }
  }

  function requireShallow(depth) {
    if (depth > DEEPEST) throw new FormatError("it is nested too deeply");
  }

  /** Whether an object has exactly these keys. */
  const hasKeys = (value, keys) => value.size === keys.length && keys.every((key) => value.has(key));

  /** Whether a value is an integer; those beyond 2^53 are BigInts. */
  const isInteger = (value) => typeof value === "number" || typeof value === "bigint";

  return { loads, hasKeys, isInteger };
})();
