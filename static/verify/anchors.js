/* Checks the anchors of a trail export: what the blocks of outside chains hold about this log: `verifier/anchors.py`.
   Timestamps are not checked here; the report says so. */
"use strict";

ithaca.anchors = (() => {
  const { FormatError, MismatchError, TlogError, translate } = ithaca.errors;
  const { equal, toHex } = ithaca.bytes;
  const { check, logId, readEvidence } = ithaca.chain;
  const { loads } = ithaca.strict_json;
  const { describeTime } = ithaca.wording;
  const MEMBER = "anchors.json";
  const MOST = 100;

  const hexadecimal = (data) => `0x${toHex(data)}`;

  /** Read the member and follow every proof in it; of a timestamp, only say that nothing was checked. */
  function readAnchors(data, checkpoint, report) {
    const odd = (error) => new MismatchError(`it is not JSON: ${error.message}`, { member: MEMBER });
    const raw = translate(FormatError, odd, () => loads(data));
    const anchors = raw instanceof Map && raw.get("version") === 1 ? raw.get("anchors") : null;
    if (!Array.isArray(anchors) || anchors.length < 1 || anchors.length > MOST) {
      throw new MismatchError(`it is not a list of 1 to ${MOST} anchors, version 1`, { member: MEMBER });
    }
    const isTimestamp = (one) => one instanceof Map && one.get("kind") === "timestamp";
    anchors.forEach((one, at) => isTimestamp(one) && limitTimestamp(report, at + 1));
    const numbered = anchors.map((one, at) => [one, { member: MEMBER, anchor: at + 1 }]);
    return numbered.filter(([one]) => !isTimestamp(one)).map(([one, where]) => readAnchor(one, where, checkpoint));
  }

  function limitTimestamp(report, number) {
    report.limit(
      `Anchor ${number} is a timestamp (RFC 3161). Nothing about it was checked here, neither what it is about nor who` +
      " signed it: use the verifier in Python and “openssl ts -verify”.",
    );
  }

  function readAnchor(raw, where, checkpoint) {
    if (!(raw instanceof Map) || raw.get("kind") !== "chain") throw new MismatchError("it is of no known kind", where);
    const refused = (error) => new MismatchError(error.message, where);
    return translate(TlogError, refused, () => {
      const evidence = readEvidence(raw), shown = check(evidence, checkpoint.origin);
      if (shown.size > checkpoint.size) {
        const sentence = `it covers ${shown.size} leaves, the checkpoint only ${checkpoint.size}: the log was rolled back`;
        throw new MismatchError(sentence, where);
      }
      const place = `block ${shown.blockNumber} of chain ${evidence.chainId}`;
      return { evidence, shown, log: logId(evidence.founder, checkpoint.origin), place };
    });
  }

  /** Say what the anchors show, and compare with the block that the auditor knows. */
  function describeAnchors(report, anchors, blockHash) {
    const isGiven = (anchor) => blockHash !== null && equal(anchor.shown.blockHash, blockHash);
    if (blockHash !== null && !anchors.some(isGiven)) {
      throw new MismatchError("none of the anchors is in the block whose hash you gave", { member: MEMBER });
    }
    for (const anchor of anchors) describe(report, anchor, isGiven(anchor));
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
