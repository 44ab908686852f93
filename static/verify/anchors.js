/* Checks the anchors of a trail export: what blocks of outside chains and timestamps hold about this log:
   `verifier/anchors.py`. */
"use strict";

ithaca.anchors = (() => {
  const { FormatError, MismatchError, TlogError, translate, translateLater } = ithaca.errors;
  const { equal, toHex } = ithaca.bytes;
  const { logId } = ithaca.chain;
  const { loads } = ithaca.strict_json;
  const { describeTime } = ithaca.wording;
  const MEMBER = "anchors.json";
  const MOST = 100;
  const SAFE_IN_SHELLS = /^[A-Za-z0-9_@%+=:,./-]+$/;

  const hexadecimal = (data) => `0x${toHex(data)}`;
  const shellQuoted = (text) => (SAFE_IN_SHELLS.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

  /** Read the member and follow every proof in it, that of a timestamp's signature if there is an authority. */
  async function readAnchors(data, checkpoint, authorities) {
    const odd = (error) => new MismatchError(`it is not JSON: ${error.message}`, { member: MEMBER });
    const raw = translate(FormatError, odd, () => loads(data));
    const anchors = raw instanceof Map && raw.get("version") === 1 ? raw.get("anchors") : null;
    if (!Array.isArray(anchors) || anchors.length < 1 || anchors.length > MOST) {
      throw new MismatchError(`it is not a list of 1 to ${MOST} anchors, version 1`, { member: MEMBER });
    }
    const read = [];
    for (const [at, one] of anchors.entries()) read.push(await readAnchor(one, at + 1, checkpoint, authorities));
    return read;
  }

  async function readAnchor(raw, number, checkpoint, authorities) {
    const where = { member: MEMBER, anchor: number }, readers = new Map([["chain", readChain], ["timestamp", readTimestamp]]);
    const reader = raw instanceof Map ? readers.get(raw.get("kind")) : undefined;
    if (!reader) throw new MismatchError("it is of no known kind", where);
    const refused = (error) => new MismatchError(error.message, where);
    const anchor = await translateLater(TlogError, refused, () => reader(raw, number, checkpoint.origin, authorities));
    const { size } = anchor.shown;
    if (size > checkpoint.size) {
      const sentence = `it covers ${size} leaves, the checkpoint only ${checkpoint.size}: the log was rolled back`;
      throw new MismatchError(sentence, where);
    }
    return anchor;
  }

  async function readChain(raw, _number, origin) {
    const evidence = ithaca.chain.readEvidence(raw), shown = ithaca.chain.check(evidence, origin);
    const place = `block ${shown.blockNumber} of chain ${evidence.chainId}`;
    return { kind: "chain", evidence, shown, log: logId(evidence.founder, origin), place };
  }

  async function readTimestamp(raw, number, origin, authorities) {
    const evidence = ithaca.timestamp.readEvidence(raw), { digest, time } = ithaca.timestamp.check(evidence, origin);
    const signed = authorities ? await ithaca.token_signature.checkSignature(evidence.token, authorities, time) : null;
    const place = `timestamp ${number} of ${describeTime(time)}`;
    return { kind: "timestamp", number, shown: { size: evidence.size, root: evidence.root, digest, time }, signed, place };
  }

  /** Say what the anchors show, and compare with the block that the auditor knows. */
  function describeAnchors(report, anchors, blockHash, authorities) {
    const isGiven = (anchor) => anchor.kind === "chain" && blockHash !== null && equal(anchor.shown.blockHash, blockHash);
    if (blockHash !== null && !anchors.some(isGiven)) {
      throw new MismatchError("none of the anchors is in the block whose hash you gave", { member: MEMBER });
    }
    for (const anchor of anchors) {
      if (anchor.kind === "chain") describe(report, anchor, isGiven(anchor));
      else describeTimestamp(report, anchor);
    }
    if (authorities && !anchors.some((one) => one.kind === "timestamp")) {
      report.limit("This export holds no timestamp, so there was nothing to check with the authorities you gave.");
    }
  }

  function describeTimestamp(report, { number, shown, signed }) {
    const digest = toHex(shown.digest);
    report.passed(
      `A timestamp (anchor ${number}) is about the checkpoint with the first ${shown.size} leaves, and names` +
      ` the time ${describeTime(shown.time)} (SHA-256 of the checkpoint's text ${digest}).`,
    );
    if (signed === null) {
      limitTimestamp(report, number, digest);
      return;
    }
    report.passed(
      `The timestamp (anchor ${number}) is signed by ${signed.signer.label}, for timestamps alone, which` +
      ` leads to ${signed.root.label}, a root that you gave. All of these were valid at that time.`,
    );
    report.limit(
      `Whether the clock behind anchor ${number} was right, and whether a certificate was revoked: the first` +
      " rests on the authority, the second you can ask it.",
    );
  }

  function limitTimestamp(report, number, digest) {
    const file = `timestamp-${number}.der`;
    const extract = "import base64,json,sys; sys.stdout.buffer.write(base64.b64decode(" +
      `json.load(sys.stdin)['anchors'][${number - 1}]['token']))`;
    report.limit(
      `Whether a timestamp authority signed anchor ${number}, so whether its time is true: its signature was` +
      " not checked. Give the authority's root certificate, from the authority itself, and check again; or, with" +
      " it in ca.pem, run:" +
      ` unzip -p ${shellQuoted(report.file)} ${MEMBER} | python3 -c "${extract}" > ${file} &&` +
      ` openssl ts -verify -digest ${digest} -in ${file} -token_in -CAfile ca.pem`,
    );
  }

  function describe(report, { evidence, shown, log, place }, given) {
    report.passed(
      `The first ${shown.size} leaves are anchored in ${place} with hash ${hexadecimal(shown.blockHash)}, made` +
      ` ${describeTime(shown.blockTime)} (contract ${hexadecimal(evidence.contract)}, log ${hexadecimal(log)}).`,
    );
    if (given) {
      report.passed(`The hash of ${place} is the one you gave.`);
    } else {
      report.limit(
        `Whether ${place} has this hash: compare it with a block explorer or your own node, or check again` +
        " with the hash from there.",
      );
    }
  }

  return { readAnchors, describeAnchors };
})();
