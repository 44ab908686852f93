/* Checks a trail export; the first check that fails ends it: `verifier/trail.py`, which gives the order. */
"use strict";

ithaca.trail = (() => {
  const { FormatError, MismatchError, TlogError, translateLater } = ithaca.errors;
  const { equal, fromUtf8 } = ithaca.bytes;
  const { LEAF_SIZE, LEAF_VERSION } = ithaca.entry;
  const { EMPTY_ROOT, Frontier, leafHash } = ithaca.merkle;
  const { Policy } = ithaca.policy;
  const { describeAnchors, readAnchors } = ithaca.anchors;
  const { describeErased } = ithaca.erasures;
  const { EventRegister } = ithaca.events;
  const { Notices } = ithaca.notices;
  const {
    describeAgainst, describeCosignatures, describeHidden, describeLimits, describeLogKeys, describeMeaning,
  } = ithaca.wording;
  const LEAVES_AT_ONCE = 2048;

  /** Check a trail export and write what holds into the report. */
  async function verifyTrail(file, report, { policy, known, knownPolicy, blockHash, authorities, held, onward }) {
    const archive = await ithaca.archive.Archive.open(file, (size) => onward(size, 3 * archive.total));
    const used = policy ?? (await policyInside(archive));
    const brought = { policy: used, ownPolicy: !policy, knownPolicy, held, blockHash, authorities };
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
    #notices = new Notices();

    constructor(archive, report, { policy, ownPolicy, knownPolicy, held, blockHash, authorities }) {
      this.#archive = archive;
      this.#report = report;
      this.#policy = policy;
      this.#ownPolicy = ownPolicy;
      this.#held = held;
      this.#blockHash = blockHash;
      this.#authorities = authorities;
      this.#knownPolicy = knownPolicy;
    }

    async run(known) {
      const accepted = await this.#checkContainer(), { checkpoint } = accepted;
      this.#requireLeafCount(checkpoint.size);
      this.#notices = await this.#readNotices(checkpoint.size);
      const { earlier, former } = await this.#openKnown(known, checkpoint);
      for (const receipt of this.#held) receipt.requireComparable(checkpoint);
      const scope = ithaca.scope.parse(await this.#archive.read("scope.json"), checkpoint.size);
      const anchors = await this.#readAnchors(checkpoint);
      const marks = await this.#checkLeavesAndEvents(scope, checkpoint, earlier, anchors);
      const continued = await this.#checkPredecessors(former);
      describeAnchors(this.#report, anchors, this.#blockHash, this.#authorities);
      await this.#checkStreams(scope, marks);
      this.#checkHeld(scope, marks);
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
      return Notices.read(await this.#archive.read(ithaca.notices.MEMBER), this.#leaves(), size);
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
      return (await predecessor.compare(this.#report, former, this.#leaves())) ? former : null;
    }

    async #checkLeavesAndEvents(scope, checkpoint, earlier, anchors) {
      const register = new EventRegister(checkpoint.size), roots = new Roots(checkpoint, earlier, anchors, this.#held);
      await this.#follow(roots, register, scope);
      roots.check();
      if (register.count !== scope.events) {
        const sentence = `it holds ${register.count} events, but the scope says ${scope.events}`;
        throw new MismatchError(sentence, { member: "events.jsonl" });
      }
      register.checkIds();
      this.#checkTies(scope, register);
      this.#report.passed(`The ${checkpoint.size} leaves give the root that was signed.`);
      if (earlier) {
        this.#report.passed(`The log still begins with the ${earlier.size} leaves of the checkpoint you know.`);
      }
      this.#report.passed(`Each of the ${register.count} events is in the log, exactly as it was recorded.`);
      describeErased(this.#report, register.erased, this.#notices.erasures, scope, register.marks);
      describeHidden(this.#report, register.hidden, register.partial);
      return register.marks;
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
        this.#report.conclude(`No event that the log recorded is missing from ${scope.streams.join("; ")}.`);
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

    #requireLeafCount(size) {
      const held = Math.floor(this.#archive.size("leaves.bin") / LEAF_SIZE), rest = this.#archive.size("leaves.bin") % LEAF_SIZE;
      if (held !== size || rest) {
        const sentence = `it holds ${held} leaves${rest ? " and a rest" : ""}, but the checkpoint covers ${size}`;
        throw new MismatchError(sentence, { member: "leaves.bin" });
      }
    }

    /** Walk along the log once, with the events in step. */
    async #follow(roots, register, scope) {
      const batches = ithaca.reading.readEvents(this.#archive, scope);
      let batch = [], at = 0;
      const next = async () => {
        while (at === batch.length) {
          const { done, value } = await batches.next();
          if (done) return null;
          [batch, at] = [value, 0];
        }
        return batch[at++];
      };
      let pending = await next();
      for await (const chunk of this.#leaves()) {
        const begin = roots.size;
        roots.grow(chunk);
        while (pending && pending.index < roots.size) {
          register.expect(pending);
          const place = (pending.index - begin) * LEAF_SIZE;
          register.place(pending, chunk.subarray(place, place + LEAF_SIZE));
          pending = await next();
        }
      }
      if (pending) register.expect(pending);
    }

    async #checkStreams(scope, marks) {
      const withheld = await ithaca.streams.checkStreams(scope, () => this.#leaves(), marks);
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

    #leaves() {
      return this.#archive.blocks("leaves.bin", LEAVES_AT_ONCE * LEAF_SIZE);
    }
  }

  /** Recomputes the root of the whole log, and the roots it had at sizes that others vouch for. */
  class Roots {
    #checkpoint;
    #earlier;
    #anchors;
    #held;
    #frontier = new Frontier();
    #wanted;
    #roots = new Map([[0, EMPTY_ROOT]]);

    constructor(checkpoint, earlier, anchors, held) {
      this.#checkpoint = checkpoint;
      this.#earlier = earlier;
      this.#anchors = anchors;
      this.#held = held;
      const sizes = [...anchors.map((one) => one.shown.size), ...held.map((one) => one.checkpoint.size)];
      this.#wanted = new Set(earlier ? [...sizes, earlier.size] : sizes);
    }

    get size() {
      return this.#frontier.size;
    }

    grow(chunk) {
      for (let at = 0; at < chunk.length; at += LEAF_SIZE) {
        if (chunk[at] !== LEAF_VERSION) throw new MismatchError("a leaf is not of version 1", { member: "leaves.bin" });
      }
      for (let at = 0; at < chunk.length; at += LEAF_SIZE) {
        this.#frontier.append(leafHash(chunk.subarray(at, at + LEAF_SIZE)));
        if (this.#wanted.has(this.size)) this.#roots.set(this.size, this.#frontier.root());
      }
    }

    check() {
      const where = { member: "leaves.bin" };
      if (!equal(this.#frontier.root(), this.#checkpoint.root)) {
        throw new MismatchError("the leaves do not give the root in the checkpoint", where);
      }
      for (const { shown, place } of this.#anchors) {
        if (!equal(this.#roots.get(shown.size), shown.root)) {
          const sentence = `${place} holds another root for the first ${shown.size} leaves: history was changed`;
          throw new MismatchError(sentence, where);
        }
      }
      for (const receipt of this.#held) {
        const { size, root } = receipt.checkpoint;
        if (!equal(this.#roots.get(size), root)) {
          throw receipt.mismatch(`the first ${size} leaves are not those of its checkpoint: history was changed`);
        }
      }
      const earlier = this.#earlier;
      if (earlier && !equal(this.#roots.get(earlier.size), earlier.root)) {
        const sentence = `the first ${earlier.size} leaves are not those of the checkpoint you know: history was changed`;
        throw new MismatchError(sentence, where);
      }
    }
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
