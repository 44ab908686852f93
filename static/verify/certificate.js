/* X.509 certificates, as far as the chain of a timestamp authority needs them: `ledger_bridge/tlog/anchors/certificate.py`. */
"use strict";

ithaca.certificate = (() => {
  const { FormatError, ProofError } = ithaca.errors;
  const { equal, fromHex, fromUtf8, start, toHex } = ithaca.bytes;
  const { TAG, member, readBits, readOne } = ithaca.der;
  const { sha256 } = ithaca.sha256;
  const { secondsOf, toLatin1 } = ithaca.timestamp;
  const BASIC_CONSTRAINTS = "551d13", KEY_USAGE = "551d0f", EXTENDED_KEY_USAGE = "551d25";
  const KEY_IDENTIFIER = "551d0e", NAME_CONSTRAINTS = "551d1e";
  const READ_OR_HARMLESS = new Set([
    BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, KEY_IDENTIFIER, "551d23", "551d20", "551d11", "551d12", "551d1f",
    "2b06010505070101",
  ]);
  const TIME_STAMPING = "2b06010505070308", ANY_PURPOSE = "551d2500", COMMON_NAME = "550403";
  const UTF8_TEXT = 0x0c, ASCII_TEXTS = [0x13, 0x16];
  const SIGNS_DATA = 0xc000, SIGNS_CERTIFICATES = 0x0400;
  const LONGEST_NAME = 200, VERSION_3 = fromHex("a003020102");

  /** One certificate, taken apart. */
  class Certificate {
    constructor(encoded) {
      const outer = readOne(encoded).members(TAG.SEQUENCE, "the certificate");
      if (outer.length !== 3) throw new FormatError("the certificate does not have three parts");
      const fields = outer[0].members(TAG.SEQUENCE, "the certificate");
      if (!equal(member(fields, 0, "the version").encoded, VERSION_3)) {
        throw new FormatError("the certificate is not of version 3");
      }
      if (!equal(member(fields, 2, "the algorithm").encoded, outer[1].encoded)) {
        throw new FormatError("the certificate names two algorithms");
      }
      const times = member(fields, 4, "the validity").members(TAG.SEQUENCE, "the validity");
      this.encoded = encoded;
      this.signed = outer[0].encoded;
      this.serial = member(fields, 1, "the serial number").expect(TAG.INTEGER, "the serial number");
      this.issuer = readName(member(fields, 3, "the issuer"), "the issuer");
      this.subject = readName(member(fields, 5, "the subject"), "the subject");
      this.notBefore = readTime(member(times, 0, "the validity"));
      this.notAfter = readTime(member(times, 1, "the validity"));
      this.publicKey = member(fields, 6, "the public key").encoded;
      this.extensions = readExtensions(fields.slice(7));
      this.algorithm = outer[1];
      this.signature = readBits(outer[2], "the certificate's signature");
    }

    /** Whether it names itself as its issuer, as roots do. */
    get isSelfIssued() {
      return equal(this.issuer, this.subject);
    }

    /** The subject's key identifier, when it has one. */
    get keyIdentifier() {
      const { value } = this.extensions.get(KEY_IDENTIFIER) ?? { value: [] };
      return value.length ? readOne(value).expect(TAG.OCTET_STRING, "the key identifier") : null;
    }

    /** The subject's common name, when it can be read, and the start of the certificate's SHA-256. */
    get label() {
      const begins = `SHA-256 ${toHex(sha256(this.encoded)).slice(0, 16)}…`, name = commonName(this.subject);
      return name ? `“${name}” (${begins})` : `the certificate with ${begins}`;
    }

    /** Check that it was valid at a moment, and that nothing in it is beyond what is read here. */
    requireValidAt(time) {
      if (time < this.notBefore || time > this.notAfter) {
        throw new ProofError(`${this.label} was not valid at the time in the token`);
      }
      for (const [oid, { critical }] of this.extensions) {
        if (oid === NAME_CONSTRAINTS || (critical && !READ_OR_HARMLESS.has(oid))) {
          throw new ProofError(`${this.label} has an extension that this does not know (${oid})`);
        }
      }
    }

    /** Check that its key signs timestamps and nothing else. */
    requireTimestamping() {
      const critical = this.extensions.get(EXTENDED_KEY_USAGE)?.critical ?? false, purposes = critical ? this.#purposes() : null;
      if (!critical || purposes.length !== 1 || purposes[0] !== TIME_STAMPING) {
        throw new ProofError(`${this.label} is not for timestamps alone, marked critical`);
      }
      const usage = this.#usage();
      if (usage !== null && (!(usage & SIGNS_DATA) || usage & ~SIGNS_DATA)) {
        throw new ProofError(`${this.label} has a key that is not for signatures alone`);
      }
    }

    /** Check that it may stand above others, so many of them authorities themselves. */
    requireAuthority(below) {
      const { isAuthority, most } = this.#constraints(), usage = this.#usage(), purposes = this.#purposes();
      if (!isAuthority || !(usage === null || usage & SIGNS_CERTIFICATES)) {
        throw new ProofError(`${this.label} is not the certificate of an authority`);
      }
      if (most !== null && below > most) throw new ProofError(`${this.label} allows fewer authorities below it`);
      if (purposes !== null && !purposes.includes(TIME_STAMPING) && !purposes.includes(ANY_PURPOSE)) {
        throw new ProofError(`${this.label} is not for timestamps`);
      }
    }

    #purposes() {
      if (!this.extensions.has(EXTENDED_KEY_USAGE)) return null;
      const listed = readOne(this.extensions.get(EXTENDED_KEY_USAGE).value).members(TAG.SEQUENCE, "the purposes");
      return listed.map((one) => one.oid("a purpose"));
    }

    /** The first sixteen uses of the key, the first one in the highest bit. */
    #usage() {
      if (!this.extensions.has(KEY_USAGE)) return null;
      const content = readOne(this.extensions.get(KEY_USAGE).value).expect(TAG.BIT_STRING, "the use of the key");
      if (content.length < 2 || content.length > 3) throw new FormatError("the use of the key is not a string of a few bits");
      return (content[1] << 8) | (content[2] ?? 0);
    }

    #constraints() {
      if (!this.extensions.has(BASIC_CONSTRAINTS)) return { isAuthority: false, most: null };
      const parts = readOne(this.extensions.get(BASIC_CONSTRAINTS).value).members(TAG.SEQUENCE, "the constraints");
      const isAuthority = parts.length > 0 && parts[0].tag === TAG.BOOLEAN && isTrue(parts[0]);
      const lengths = parts.filter((one) => one.tag === TAG.INTEGER);
      return { isAuthority, most: lengths.length ? lengths[0].content.reduce((sum, byte) => sum * 256 + byte, 0) : null };
    }
  }

  function readName(element, what) {
    element.expect(TAG.SEQUENCE, what);
    return element.encoded;
  }

  function readTime(element) {
    let text = toLatin1(element.content);
    if (element.tag === TAG.UTC_TIME) text = (text.slice(0, 2) >= "50" ? "19" : "20") + text;
    else if (element.tag !== TAG.GENERALIZED_TIME) throw new FormatError("the validity is not a time");
    const time = /^[0-9]{14}Z$/.test(text) ? secondsOf(text.slice(0, -1)) : null;
    if (time === null) throw new FormatError("the validity is not a time in UTC");
    return time;
  }

  function readExtensions(rest) {
    const wrapped = rest.filter((one) => one.tag === TAG.CONTEXT_3), found = new Map();
    if (!wrapped.length) return found;
    for (const one of readOne(wrapped[0].content).members(TAG.SEQUENCE, "the extensions")) {
      const parts = one.members(TAG.SEQUENCE, "an extension"), oid = member(parts, 0, "an extension").oid("an extension");
      const critical = parts.length > 1 && parts[1].tag === TAG.BOOLEAN && isTrue(parts[1]);
      if (found.has(oid)) throw new FormatError(`the certificate has the extension ${oid} twice`);
      found.set(oid, { critical, value: parts.at(-1).expect(TAG.OCTET_STRING, "an extension") });
    }
    return found;
  }

  function isTrue({ content }) {
    if (content.length !== 1 || ![0, 0xff].includes(content[0])) throw new FormatError("a truth value is neither true nor false");
    return content[0] === 0xff;
  }

  function commonName(name) {
    for (const group of readOne(name).members(TAG.SEQUENCE, "the name")) {
      for (const one of group.members(TAG.SET, "the name")) {
        const parts = one.members(TAG.SEQUENCE, "the name");
        if (parts.length < 2 || toHex(parts[0].content) !== COMMON_NAME) continue;
        if (parts[1].tag === UTF8_TEXT || ASCII_TEXTS.includes(parts[1].tag)) return readText(parts[1]);
      }
    }
    return "";
  }

  function readText({ tag, content }) {
    if (tag !== UTF8_TEXT && content.some((byte) => byte > 0x7f)) return "";
    try {
      return start(fromUtf8(content), LONGEST_NAME);
    } catch (error) {
      if (error instanceof TypeError) return "";
      throw error;
    }
  }

  return { Certificate };
})();
