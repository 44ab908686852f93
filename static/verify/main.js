/* One verification, as `python -m verifier` runs it: `verifier/__main__.py`. Status 0: everything holds; 1: something does
   not, and the report names the first thing; 2: unusable input. */
"use strict";

ithaca.main = (() => {
  const { FormatError, MismatchError, UnusableError } = ithaca.errors;
  const { fromHex, fromUtf8 } = ithaca.bytes;
  const { HEADER } = ithaca.proof;
  const LARGEST_TEXT = 1 << 20;
  const NEEDS_POLICY = "A receipt says nothing without a policy, because it does not bring its own. Add one and check again.";

  const NOTHING = {
    policy: null, known: null, knownPolicy: null, receipts: [], proofs: [], blockHash: "", timestampCa: null,
    onward: () => undefined,
  };

  /**
   * Verify a file. `policy`, `known`, `knownPolicy` and `timestampCa` are files or null, `receipts` and `proofs`
   * are files, `blockHash` is a text. `onward(done, total)` is called with bytes; what it returns is awaited, and an error it throws ends the work.
   */
  async function verify(file, brought = {}) {
    const report = new ithaca.report.Report(file.name);
    try {
      await run(file, report, { ...NOTHING, ...brought });
    } catch (error) {
      if (error instanceof UnusableError) return { status: 2, error: error.message, report: null };
      if (!(error instanceof MismatchError)) throw error;
      report.fail(error);
    }
    return { status: report.holds ? 0 : 1, error: "", report: report.asData() };
  }

  async function run(file, report, { policy, known, knownPolicy, receipts, proofs, blockHash, timestampCa, onward }) {
    const read = policy ? await readPolicy(policy) : null;
    const kept = known ? await readText(known) : null;
    if (!(await isReceipt(file))) {
      let done = 0;
      const held = await openReceipts(receipts, read), hash = blockHash ? readHash(blockHash) : null;
      const authorities = timestampCa ? await readAuthorities(timestampCa) : null;
      const former = knownPolicy ? await readPolicy(knownPolicy) : null;
      const consistent = await readProofs(proofs);
      const options = { policy: read, known: kept, knownPolicy: former, held, proofs: consistent, blockHash: hash, authorities };
      await ithaca.trail.verifyTrail(file, report, { ...options, onward: (size, total) => onward((done += size), total) });
    } else if (receipts.length) {
      throw new UnusableError("A trail is compared with receipts; this file is a receipt itself.");
    } else if (!read) {
      throw new UnusableError(NEEDS_POLICY);
    } else {
      await ithaca.receipt.verifyReceipt(await readText(file), report, { policy: read, known: kept });
    }
  }

  async function openReceipts(files, policy) {
    if (files.length && !policy) throw new UnusableError(NEEDS_POLICY);
    const opened = [];
    for (const file of files) opened.push(await ithaca.receipt.openReceipt(await readText(file), policy, file.name));
    return opened;
  }

  function readHash(text) {
    const digits = text.toLowerCase().replace(/^0x/, "");
    if (!/^[0-9a-f]{64}$/.test(digits)) {
      throw new UnusableError("The hash of a block has 64 hexadecimal digits.");
    }
    return fromHex(digits);
  }

  async function readPolicy(file) {
    const data = await readText(file);
    try {
      return ithaca.policy.Policy.parse(fromUtf8(data));
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof TypeError)) throw error;
      throw new UnusableError(`${file.name} is not a policy: ${error.message}.`);
    }
  }

  async function readProofs(files) {
    const read = [];
    for (const file of files) {
      const data = await readText(file);
      const odd = (error) => new UnusableError(`${file.name} is not a proof of consistency: ${error.message}.`);
      read.push(ithaca.errors.translate(FormatError, odd, () => ithaca.consistency.Consistency.parse(data)));
    }
    return read;
  }

  async function readAuthorities(file) {
    const data = await readText(file);
    try {
      return ithaca.token_signature.parseAuthorities(fromUtf8(data));
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof TypeError)) throw error;
      throw new UnusableError(`${file.name} holds no certificates of authorities: ${error.message}.`);
    }
  }

  async function isReceipt(file) {
    const head = await readBytes(file, HEADER.length);
    return head.length === HEADER.length && [...head].every((byte, at) => byte === HEADER.charCodeAt(at));
  }

  async function readText(file) {
    if (file.size > LARGEST_TEXT) throw new UnusableError(`${file.name} is too large to be what it should be.`);
    return readBytes(file, file.size);
  }

  async function readBytes(file, size) {
    try {
      return new Uint8Array(await file.slice(0, size).arrayBuffer());
    } catch (error) {
      throw new UnusableError(`${file.name} cannot be read: ${error.message}.`);
    }
  }

  return { verify };
})();
