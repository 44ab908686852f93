/* Checks a receipt: one entry, its inclusion proof and a checkpoint: `verifier/receipt.py`. */
"use strict";

ithaca.receipt = (() => {
  const { FormatError, MismatchError, ProofError, translate, translateLater } = ithaca.errors;
  const { equal, fromHex } = ithaca.bytes;
  const { canonical } = ithaca.entry;
  const { leafHash, verifyInclusion } = ithaca.merkle;
  const { Event, WrongEventError } = ithaca.form;
  const { HeldReceipt } = ithaca.held;
  const { loads } = ithaca.strict_json;
  const { checkCheckpoint, openKnown } = ithaca.trail;
  const { describeAgainst, describeCosignatures, describeLimits, describeLogKeys, describeMeaning } = ithaca.wording;

  /** Check a receipt and write what holds into the report. */
  async function verifyReceipt(data, report, { policy, known }) {
    const damaged = (error) => new MismatchError(`the receipt is cut or damaged: ${error.message}`);
    const proof = translate(FormatError, damaged, () => ithaca.proof.parse(data));
    const { event, leaf } = readExtra(proof);
    const accepted = await checkCheckpoint(policy, proof.note, { part: "checkpoint" }), { checkpoint } = accepted;
    report.subject = `a receipt from the log ${checkpoint.origin} for entry ${event.index}`;
    describeAgainst(report, accepted, policy, { ownPolicy: false });
    const signed = `The checkpoint of ${checkpoint.size} leaves is signed by the log with ${describeLogKeys(accepted)}.`;
    report.passed(`${signed} ${describeCosignatures(accepted)}`);
    checkInclusion(proof, leaf, checkpoint);
    report.passed(`The leaf is number ${proof.index} of that log.`);
    checkEvent(event, leaf);
    report.passed(`The entry is the one in the leaf: ${words(event)}.`);
    if (known) await compareKnown(policy, known, checkpoint, report);
    describeMeaning(report, accepted, { ownPolicy: false });
    report.conclude("The log recorded this entry, and cannot take it back or change it without contradicting that checkpoint.");
    describeLimits(report, accepted, { ownPolicy: false, known: Boolean(known) });
    if (event.tags.size) {
      const numbers = [...event.tags].map(([slot, number]) => `${slot} ${number}`).join(", ");
      report.limit(`Its numbers in its streams (${numbers}): compare them with a trail export of that stream.`);
    }
  }

  /** Open a receipt that somebody kept, for a comparison. */
  async function openReceipt(data, policy, name) {
    const damaged = (error) => new MismatchError(`it is cut or damaged: ${error.message}`, { receipt: name });
    const proof = translate(FormatError, damaged, () => ithaca.proof.parse(data));
    const named = (mismatch) => new MismatchError(String(mismatch), { receipt: name });
    return translateLater(MismatchError, named, async () => {
      const { event, leaf } = readExtra(proof);
      const { checkpoint } = await checkCheckpoint(policy, proof.note, { part: "checkpoint" });
      checkInclusion(proof, leaf, checkpoint);
      checkEvent(event, leaf);
      return new HeldReceipt(name, event, leaf, checkpoint);
    });
  }

  function readExtra(proof) {
    const where = { part: "extra" };
    const odd = (error) => new MismatchError(`it does not hold an event: ${error.message}`, where);
    const { event, leaf, form } = translate(FormatError, odd, () => {
      const raw = loads(proof.extra ?? new Uint8Array(0)), inOneForm = canonical(raw);
      if (!(raw instanceof Map)) throw new FormatError("it is not an object");
      const shown = fromHex(raw.get("leaf"));
      raw.delete("leaf");
      return { event: Event.parse(raw), leaf: shown, form: inOneForm };
    });
    if (!equal(form, proof.extra)) throw new MismatchError("it is not in canonical form", where);
    if (event.index !== proof.index) {
      const sentence = `it is about event ${event.index}, the proof about ${proof.index}`;
      throw new MismatchError(sentence, { ...where, field: "index" });
    }
    return { event, leaf };
  }

  function checkInclusion(proof, leaf, { size, root }) {
    const wrong = (error) => new MismatchError(error.message, { part: "inclusion proof" });
    const claim = { leafHash: leafHash(leaf), index: proof.index, size, proof: proof.hashes, root };
    translate(ProofError, wrong, () => verifyInclusion(claim));
  }

  function checkEvent(event, leaf) {
    const where = { part: "extra", event: event.index };
    const wrong = (error) => new MismatchError(error.message, error.field ? { ...where, field: error.field } : where);
    translate(WrongEventError, wrong, () => {
      event.checkValues();
      event.checkLeaf(leaf);
    });
  }

  async function compareKnown(policy, known, checkpoint, report) {
    const earlier = await openKnown(policy, known, checkpoint);
    if (earlier.size !== checkpoint.size) {
      report.limit("Whether the log still begins with the checkpoint you know: a receipt is too short to show it.");
    } else if (!equal(earlier.root, checkpoint.root)) {
      throw new MismatchError("the log signed two different checkpoints of the same size", { part: "checkpoint" });
    } else {
      report.passed("The checkpoint is the one you know.");
    }
  }

  function words(event) {
    const kind = event.fields.get("kind") ?? "a hidden kind of event";
    const byToken = event.token ? `, by token ${event.token}` : "";
    return `${kind}, ${event.fields.get("occurred_at") ?? "at a hidden time"}${byToken}`;
  }

  return { openReceipt, verifyReceipt };
})();
