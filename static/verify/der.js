/* DER, as far as a timestamp needs it: `ledger_bridge/tlog/anchors/der.py`. */
"use strict";

ithaca.der = (() => {
  const { FormatError } = ithaca.errors;
  const { concat, toHex } = ithaca.bytes;
  const LONG_TAG = 0x1f, LONG_LENGTH = 0x80, MOST_LENGTH_BYTES = 4;
  const TAG = {
    BOOLEAN: 0x01, INTEGER: 0x02, BIT_STRING: 0x03, OCTET_STRING: 0x04, NULL: 0x05, OID: 0x06, UTC_TIME: 0x17,
    GENERALIZED_TIME: 0x18, SEQUENCE: 0x30, SET: 0x31, IMPLICIT_0: 0x80, CONTEXT_0: 0xa0, CONTEXT_1: 0xa1, CONTEXT_2: 0xa2,
    CONTEXT_3: 0xa3,
  };

  const hexTag = (tag) => `0x${tag.toString(16).padStart(2, "0")}`;

  /** One value: its tag, and the bytes within. */
  class Element {
    constructor(tag, content) {
      this.tag = tag;
      this.content = content;
    }

    /** Return the content of an element that must be of this type. */
    expect(tag, name) {
      if (this.tag !== tag) throw new FormatError(`${name} has the tag ${hexTag(this.tag)} instead of ${hexTag(tag)}`);
      return this.content;
    }

    /** Read what stands in a sequence or set, or in another element that must be of this type. */
    members(tag, name) {
      return readAll(this.expect(tag, name));
    }

    /** The bytes it was read from: there is only one way to write it. */
    get encoded() {
      return encode(this.tag, this.content);
    }

    /** An object identifier as hexadecimal. */
    oid(name) {
      return toHex(this.expect(TAG.OID, name));
    }
  }

  /** Write one element. */
  function encode(tag, content) {
    if (content.length < LONG_LENGTH) return concat(Uint8Array.of(tag, content.length), content);
    const size = [];
    for (let rest = content.length; rest; rest = Math.floor(rest / 256)) size.unshift(rest % 256);
    return concat(Uint8Array.of(tag, LONG_LENGTH + size.length, ...size), content);
  }

  /** Return the element at a place where one must be. */
  function member(elements, place, name) {
    if (place >= elements.length) throw new FormatError(`${name} is missing`);
    return elements[place];
  }

  /** Return the content of a string of whole bytes. */
  function readBits(element, name) {
    const content = element.expect(TAG.BIT_STRING, name);
    if (content[0] !== 0) throw new FormatError(`${name} is not a string of whole bytes`);
    return content.subarray(1);
  }

  /** Read bytes that are one element. */
  function readOne(data) {
    const elements = readAll(data);
    if (elements.length !== 1) throw new FormatError(`one DER element was expected, not ${elements.length}`);
    return elements[0];
  }

  /** Read elements to the end. */
  function readAll(data) {
    const elements = [];
    for (let at = 0; at < data.length; ) {
      const [element, end] = read(data, at);
      elements.push(element);
      at = end;
    }
    return elements;
  }

  function read(data, at) {
    const tag = data[at];
    if ((tag & LONG_TAG) === LONG_TAG || at + 1 >= data.length) {
      throw new FormatError("it is not DER: a tag is not one that occurs here");
    }
    const [length, start] = readLength(data, at + 1);
    if (start + length > data.length) throw new FormatError("it is not DER: an element is longer than what holds it");
    return [new Element(tag, data.subarray(start, start + length)), start + length];
  }

  function readLength(data, at) {
    const first = data[at], start = at + 1;
    if (first < LONG_LENGTH) return [first, start];
    const count = first - LONG_LENGTH, encoded = data.subarray(start, start + count);
    const length = encoded.reduce((sum, byte) => sum * 256 + byte, 0);
    const canonical = length >= LONG_LENGTH && encoded[0] !== 0;
    if (count < 1 || count > MOST_LENGTH_BYTES || encoded.length !== count || !canonical) {
      throw new FormatError("it is not DER: a length is not written as it must be");
    }
    return [length, start + count];
  }

  return { TAG, Element, encode, member, readBits, readOne, readAll };
})();
