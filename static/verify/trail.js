/* Checks a trail export; the first check that fails ends it: `verifier/trail.py`, which gives the order. */
"use strict";

ithaca.trail = (() => {
  const { FormatError, MismatchError, TlogError, translateLater } = ithaca.errors;
  const { fromUtf8 } = ithaca.bytes;
  const { Claims } = ithaca.claims;
  const { Policy } = ithaca.policy;
  const { describeAnchors, readAnchors } = ithaca.anchors;
  const { describeErased } = ithaca.erasures;
  const { EventRegister } = ithaca.events;
  const { Notices } = ithaca.notices;
  const { ShortLog } = ithaca.short;
  const { WholeLog, leavesOf, requireLeafCount } = ithaca.whole;
  const {
    describeAgainst, describeCosignatures, describeHidden, describeLimits, describeLogKeys, describeMeaning, describeTokens,
  } = ithaca.wording;

  /** Check a trail export and write what holds into the report. */
  async function verifyTrail(file, report, { policy, known, knownPolicy, blockHash, authorities, held, proofs, onward }) {
    const archive = await ithaca.archive.Archive.open(file, (size) => onward(size, 3 * archive.total));
    const used = policy ?? (await policyInside(archive));
    const brought = { policy: used, ownPolicy: !policy, knownPolicy, held, blockHash, authorities, proofs };
    await new Verification(archive, report, brought).run(known);
  }

  class Verification {
    #archive;
    #report;
    #policy;
    #ownPolicy;
    #held;
    #blockHash;
    #authorities;
    #knownPolicy;
    #proofs;
    #notices = new Notices();

    constructor(archive, report, { policy, ownPolicy, knownPolicy, held, blockHash, authorities, proofs }) {
      this.#archive = archive;
      this.#report = report;
      this.#policy = policy;
      this.#ownPolicy = ownPolicy;
      this.#held = held;
      this.#blockHash = blockHash;
      this.#authorities = authorities;
      this.#knownPolicy = knownPolicy;
      this.#proofs = proofs;
    }

    async run(known) {
      const accepted = await this.#checkContainer(), { checkpoint } = accepted;
      if (this.#archive.version === 1) requireLeafCount(this.#archive, checkpoint.size);
      this.#notices = await this.#readNotices(checkpoint.size);
      const { earlier, former } = await this.#openKnown(known, checkpoint);
      for (const receipt of this.#held) receipt.requireComparable(checkpoint);
      const scope = ithaca.scope.parse(await this.#archive.read("scope.json"), checkpoint.size, this.#archive.version);
      const anchors = await this.#readAnchors(checkpoint);
      const log = this.#openLog(scope, new Claims(checkpoint, earlier, anchors, this.#held));
      await this.#checkLeavesAndEvents(scope, log, checkpoint.origin, earlier);
      const continued = await this.#checkPredecessors(former);
      describeAnchors(this.#report, anchors, this.#blockHash, this.#authorities);
      await this.#checkStreams(scope, log);
      this.#checkHeld(scope, log.marks);
      describeMeaning(this.#report, accepted, { ownPolicy: this.#ownPolicy });
      this.#describeMeaning(scope, earlier ?? continued);
      const isKnown = earlier !== null || continued !== null;
      describeLimits(this.#report, accepted, { ownPolicy: this.#ownPolicy, known: isKnown });
    }

    async #checkContainer() {
      const key = await this.#archive.checkManifest(this.#policy);
      this.#report.passed(`The manifest is signed by the log ${key.name} (key ${key.keyId}).`);
      await this.#archive.checkMembers();
      this.#report.passed("Every member is, byte for byte, the one that was signed.");
      const where = { member: "checkpoint" };
      const accepted = await checkCheckpoint(this.#policy, await this.#archive.read("checkpoint"), where);
      const { origin, size } = accepted.checkpoint;
      if (key.name !== origin) {
        throw new MismatchError(`it is signed by ${key.name}, the checkpoint by another log`, { member: "manifest" });
      }
      if (!this.#policy.isValid(key, size)) {
        const sentence = `it is signed by key ${key.keyId}, which is not valid for ${size} leaves`;
        throw new MismatchError(sentence, { member: "manifest" });
      }
      this.#report.subject = `a trail from the log ${key.name}, ${size} leaves long`;
      describeAgainst(this.#report, accepted, this.#policy, { ownPolicy: this.#ownPolicy });
      const signed = `The checkpoint is signed by the log with ${describeLogKeys(accepted)}.`;
      this.#report.passed(`${signed} ${describeCosignatures(accepted)}`);
      return accepted;
    }

    async #readAnchors(checkpoint) {
      if (!this.#archive.holds("anchors.json")) return [];
      return readAnchors(await this.#archive.read("anchors.json"), checkpoint, this.#authorities);
    }

    async #readNotices(size) {
      if (!this.#archive.holds(ithaca.notices.MEMBER)) return new Notices();
      return Notices.read(await this.#archive.read(ithaca.notices.MEMBER), leavesOf(this.#archive), size);
    }

    /** Open the checkpoint that the auditor kept, of this log or of one that it continues. */
    async #openKnown(note, checkpoint) {
      if (!note) return { earlier: null, former: null };
      const known = await openKept(this.#knownPolicy ?? this.#policy, note);
      if (known.origin !== checkpoint.origin && this.#notices.predecessor(known.origin)) {
        return { earlier: null, former: known };
      }
      requireComparable(known, checkpoint);
      return { earlier: known, former: null };
    }

    /** Say which logs this one continues, and return the auditor's checkpoint of one if all it covers follows. */
    async #checkPredecessors(former) {
      for (const one of this.#notices.predecessors) one.describe(this.#report);
      const predecessor = former ? this.#notices.predecessor(former.origin) : null;
      if (!predecessor) return null;
      return (await predecessor.compare(this.#report, former, leavesOf(this.#archive))) ? former : null;
    }

    #openLog(scope, claims) {
      if (scope.tail === null) return new WholeLog(this.#archive, scope, claims);
      return new ShortLog(this.#archive, scope, claims, this.#proofs);
    }

    async #checkLeavesAndEvents(scope, log, origin, earlier) {
      const begin = (marks) => new EventRegister(marks, origin);
      const register = await log.follow(begin, oneByOne(this.#archive, scope));
      await log.checkRoots();
      if (register.count !== scope.events) {
        const sentence = `it holds ${register.count} events, but the scope says ${scope.events}`;
        throw new MismatchError(sentence, { member: "events.jsonl" });
      }
      register.checkIds();
      this.#checkTies(scope, register);
      log.describe(this.#report);
      if (earlier) {
        this.#report.passed(`The log still begins with the ${earlier.size} leaves of the checkpoint you know.`);
      }
      this.#report.passed(`Each of the ${register.count} events is in the log, exactly as it was recorded.`);
      describeErased(this.#report, register.erased, this.#notices.erasures, scope, register.marks);
      describeTokens(this.#report, register.tokens);
      describeHidden(this.#report, register.hidden, register.partial);
    }

    #describeMeaning(scope, earlier) {
      this.#report.conclude(
        "Whoever holds the log's key made this export, and nobody changed it since: neither the events nor the table," +
        " the FHIR records and the printable page.",
      );
      if (earlier) {
        this.#report.conclude("Nothing that was recorded up to the checkpoint you know was changed or removed since.");
      }
      if (scope.complete) {
        const unless = scope.tail === null ? "" : ", as far as the tag files are right";
        this.#report.conclude(`No event that the log recorded is missing from ${scope.streams.join("; ")}${unless}.`);
      }
    }

    /** Require that the log itself says which key belongs to which id: the scope alone may say anything. */
    #checkTies(scope, register) {
      for (const stream of scope.streams) {
        if (register.tied.has(stream.commitment)) continue;
        if (scope.complete) {
          const sentence = `no event ties ${stream} to its key, so another stream may have been given in its place`;
          throw new MismatchError(sentence, { member: "events.jsonl" });
        }
        this.#report.limit(`Whether the key given for ${stream} is its own: no event in this export says so.`);
      }
    }

    async #checkStreams(scope, log) {
      const withheld = await log.checkStreams();
      const total = scope.streams.reduce((sum, stream) => sum + stream.length, 0);
      if (!scope.streams.length) {
        this.#report.limit("No stream was disclosed, so this cannot tell whether events are missing.");
        return;
      }
      const sentence = scope.complete
        ? "Nothing is missing: every entry of these streams is in this export, and no other."
        : `Their entries are all in the log; this export was filtered and leaves ${withheld} of them out.`;
      const streams = scope.streams.length === 1 ? "1 stream" : `${scope.streams.length} streams`;
      this.#report.passed(`${streams} with ${total} entries followed from first to last. ${sentence}`);
    }

    #checkHeld(scope, marks) {
      for (const receipt of this.#held) {
        const found = receipt.requireWithin(scope, marks) ? "is in it too" : "is not in this export";
        const begins = `this export begins with the ${receipt.checkpoint.size} leaves of its checkpoint`;
        this.#report.passed(`The receipt ${receipt.name} agrees: ${begins}, and event ${receipt.event.index} ${found}.`);
      }
    }
  }

  /** What gives one event after the other, and null at the end. */
  function oneByOne(archive, scope) {
    const batches = ithaca.reading.readEvents(archive, scope);
    let batch = [], at = 0;
    return async () => {
      while (at === batch.length) {
        const { done, value } = await batches.next();
        if (done) return null;
        [batch, at] = [value, 0];
      }
      return batch[at++];
    };
  }

  /** Ask the policy about a checkpoint. */
  function checkCheckpoint(policy, note, where) {
    return translateLater(TlogError, (error) => new MismatchError(error.message, where), () => policy.check(note));
  }

  /** Open the checkpoint of this log that the auditor already had. */
  async function openKnown(policy, note, checkpoint) {
    const known = await openKept(policy, note);
    requireComparable(known, checkpoint);
    return known;
  }

  /** Open a checkpoint that the auditor kept, of whatever log. */
  async function openKept(policy, note) {
    const refused = (error) => new MismatchError(`the known checkpoint: ${error.message}`);
    const { checkpoint: known } = await translateLater(TlogError, refused, () => policy.openCheckpoint(note));
    return known;
  }

  /** Check that a checkpoint that the auditor kept can be compared with that of the export. */
  function requireComparable(known, checkpoint) {
    if (known.origin !== checkpoint.origin) {
      throw new MismatchError(`the known checkpoint is of another log, ${known.origin}`);
    }
    if (known.size > checkpoint.size) {
      throw new MismatchError(
        `you know a checkpoint of ${known.size} leaves, but this export ends at ${checkpoint.size}: ` +
        "it is older than what you know, or the log was rolled back",
      );
    }
  }

  async function policyInside(archive) {
    const data = await archive.read("policy");
    try {
      return Policy.parse(fromUtf8(data));
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof TypeError)) throw error;
      throw new MismatchError(error.message, { member: "policy" });
    }
  }

  return { verifyTrail, checkCheckpoint, openKnown };
})();
