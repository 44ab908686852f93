/* A timestamp (RFC 3161) as an anchor, what it is about: `ledger_bridge/tlog/anchors/timestamp.py`. */
"use strict";

ithaca.timestamp = (() => {
  const { FormatError, ProofError } = ithaca.errors;
  const { ascii, equal, toHex, toUtf8 } = ithaca.bytes;
  const { TAG, member, readOne } = ithaca.der;
  const { unbase64 } = ithaca.encoding;
  const { sha256 } = ithaca.sha256;
  const { readBytes, readInteger } = ithaca.chain;
  const LARGEST_TOKEN = 1 << 16;
  const SIGNED_DATA = "2a864886f70d010702", TST_INFO = "2a864886f70d0109100104", SHA256 = "608648016503040201";
  const HASH = 32;
  const EARLIEST_YEAR = 1;

  /** Read the evidence from JSON. */
  const readEvidence = (raw) => ({
    size: readInteger(raw.get("size"), "size"),
    root: readBytes(raw.get("root"), "root", HASH),
    token: readToken(raw.get("token")),
  });

  function readToken(value) {
    const odd = new FormatError(`token is not base64 of 1 to ${LARGEST_TOKEN} bytes`);
    if (typeof value !== "string" || !value.length || value.length > Math.floor((LARGEST_TOKEN * 4) / 3) + 4) throw odd;
    const token = unbase64(value, "token");
    if (token.length > LARGEST_TOKEN) throw odd;
    return token;
  }

  /** Compare the token with the checkpoint of this origin, and return the digest and the time that it names. */
  function check({ size, root, token }, origin) {
    const stamped = readInfo(signedContent(openToken(token)));
    if (!equal(stamped.digest, sha256(toUtf8(ithaca.checkpoint.marshal({ origin, size, root }))))) {
      throw new ProofError(`the timestamp is not one of this log's checkpoint with ${size} leaves and this root`);
    }
    return stamped;
  }

  /** Return the members of the CMS signed data that a token is. */
  function openToken(token) {
    const outer = readOne(token).members(TAG.SEQUENCE, "the token");
    if (member(outer, 0, "the token's type").oid("the token's type") !== SIGNED_DATA) {
      throw new FormatError("the token is not CMS signed data");
    }
    const inner = readOne(member(outer, 1, "the token").expect(TAG.CONTEXT_0, "the token"));
    return inner.members(TAG.SEQUENCE, "the signed data");
  }

  /** Return the TSTInfo that a token signs. */
  function signedContent(signed) {
    const content = member(signed, 2, "the content").members(TAG.SEQUENCE, "the content");
    if (member(content, 0, "the content's type").oid("the content's type") !== TST_INFO) {
      throw new FormatError("the token holds no TSTInfo");
    }
    const wrapped = readOne(member(content, 1, "the content").expect(TAG.CONTEXT_0, "the content"));
    return wrapped.expect(TAG.OCTET_STRING, "the content");
  }

  function readInfo(info) {
    const members = readOne(info).members(TAG.SEQUENCE, "the TSTInfo");
    if (!equal(member(members, 0, "the version").expect(TAG.INTEGER, "the version"), Uint8Array.of(1))) {
      throw new FormatError("the TSTInfo is not of version 1");
    }
    const imprint = member(members, 2, "the imprint").members(TAG.SEQUENCE, "the imprint");
    const algorithm = member(imprint, 0, "the algorithm").members(TAG.SEQUENCE, "the algorithm");
    if (member(algorithm, 0, "the algorithm").oid("the algorithm") !== SHA256) {
      throw new FormatError("the imprint is not a SHA-256");
    }
    const digest = member(imprint, 1, "the imprint").expect(TAG.OCTET_STRING, "the imprint");
    if (digest.length !== HASH) throw new FormatError(`the imprint has ${digest.length} bytes instead of ${HASH}`);
    return { digest, time: readTime(member(members, 4, "the time").expect(TAG.GENERALIZED_TIME, "the time")) };
  }

  function readTime(content) {
    const found = /^([0-9]{14})(?:\.[0-9]*[1-9])?Z$/.exec(toLatin1(content));
    const time = found ? secondsOf(found[1]) : null;
    if (time === null) throw new FormatError("the time is not one in UTC, as RFC 3161 writes it");
    return time;
  }

  const toLatin1 = (data) => String.fromCharCode(...data.subarray(0, 64)) + (data.length > 64 ? "\0" : "");

  /** Seconds since 1970 of YYYYMMDDHHMMSS; null when there is no such moment. */
  function secondsOf(digits) {
    const [year, month, day, hour, minute, second] = [[0, 4], [4, 6], [6, 8], [8, 10], [10, 12], [12, 14]].map(
      ([start, end]) => Number(digits.slice(start, end)),
    );
    const moment = new Date(0);
    moment.setUTCFullYear(year, month - 1, day);
    moment.setUTCHours(hour, minute, second);
    const written = moment.toISOString().replace(/\.000Z$/, "").replace(/[-:T]/g, "");
    return year < EARLIEST_YEAR || written !== digits ? null : moment.getTime() / 1000;
  }

  return { TST_INFO, readEvidence, check, openToken, signedContent, secondsOf, toLatin1 };
})();
