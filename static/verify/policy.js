/* Trust policies (C2SP tlog-policy): `ledger_bridge/tlog/policy.py`. */
"use strict";

ithaca.policy = (() => {
  const { FormatError, PolicyError, SignatureError, translate } = ithaca.errors;
  const { equal, quoted, start } = ithaca.bytes;
  const { MAX_SIZE, decimal } = ithaca.encoding;
  const { ED25519, Ed25519Verifier, VerifierKey } = ithaca.note;
  const { COSIGNATURE_ED25519, CosignatureVerifier, timestamp } = ithaca.cosignature;
  const { MLDSA44, MldsaVerifier } = ithaca.mldsa;
  const FORBIDDEN = /[^\t\n\x20-\x7e\x80-\ud7ff\ue000-\u{10ffff}]/u;
  const NOBODY = "none";
  const MAX_POLICY_SIZE = 1 << 20, MAX_NAMES = 256;
  const VALIDITY = "#valid";
  const ALGORITHMS = new Map([[ED25519, "Ed25519"], [COSIGNATURE_ED25519, "Ed25519"], [MLDSA44, "ML-DSA-44"]]);
  const LOG_TYPES = new Map([[ED25519, Ed25519Verifier], [MLDSA44, MldsaVerifier]]);
  const WITNESS_TYPES = new Map([[COSIGNATURE_ED25519, CosignatureVerifier], [MLDSA44, MldsaVerifier]]);

  /** A policy file, read. `quorum` names a witness or a group, or nobody. */
  class Policy {
    logs = [];
    validity = new Map();
    witnesses = new Map();
    groups = new Map();
    quorum = NOBODY;

    static parse(text) {
      if (Array.from(text).length > MAX_POLICY_SIZE) {
        throw new FormatError(`a policy has at most ${MAX_POLICY_SIZE} characters`);
      }
      if (FORBIDDEN.test(text)) throw new FormatError("the policy holds a control character");
      const reader = new Reader(new Policy());
      text.split("\n").forEach((line, at) => {
        const where = (error) => new FormatError(`policy line ${at + 1}: ${error.message}`);
        translate(FormatError, where, () => reader.read(line));
      });
      return reader.finish();
    }

    /** Whether a listed key signs for trees of this size. */
    isValid(key, size) {
      const { first, last } = this.#span(key);
      return first <= size && size <= last;
    }

    /** Open a note that a listed log signed with Ed25519, whatever its text, and return the text and the key. */
    async openLogNote(note) {
      const logs = this.logs.filter((log) => log.key.algorithm === ED25519);
      const opened = await ithaca.note.open(note, logs);
      const signed = logs.map((log) => log.key).filter((key) => opened.signedBy.has(key.identity));
      // Of several keys the one that is valid longest: a retired key may stand beside the one that replaced it.
      const key = signed.reduce((best, one) => (this.#span(one).last > this.#span(best).last ? one : best));
      return { text: opened.text, key };
    }

    /** Open a checkpoint that its own log signed, without asking for the quorum. */
    async openCheckpoint(note) {
      const checkpoint = ithaca.checkpoint.parse(ithaca.note.parse(note).text);
      const logs = this.logs.filter((log) => log.key.name === checkpoint.origin);
      if (!logs.length) throw new PolicyError(`the policy knows no log with the origin ${checkpoint.origin}`);
      const valid = logs.map((log) => log.key).filter((key) => this.isValid(key, checkpoint.size));
      if (!valid.length) {
        throw new PolicyError(`no key of ${checkpoint.origin} in the policy is valid at size ${checkpoint.size}`);
      }
      const opened = await ithaca.note.open(note, logs);
      const logKeys = valid.filter((key) => opened.signedBy.has(key.identity));
      for (const algorithm of [...new Set(valid.map((key) => key.algorithm))].sort()) {
        if (!logKeys.some((key) => key.algorithm === algorithm)) {
          const wanted = `${ALGORITHMS.get(algorithm)} key of ${checkpoint.origin}`;
          throw new SignatureError(`no ${wanted} that is valid at size ${checkpoint.size} signed the checkpoint`);
        }
      }
      return { checkpoint, logKeys };
    }

    /** Accept a checkpoint, or say why not: who signed and who cosigned it. */
    async check(note) {
      const { checkpoint, logKeys } = await this.openCheckpoint(note);
      const cosigned = await this.#cosignatures(note);
      if (!this.#holds(new Set(cosigned.map((one) => one.witness)))) {
        const names = cosigned.map((one) => one.witness).join(", ") || "nobody";
        throw new PolicyError(`the quorum ${this.quorum} is not met: the checkpoint is cosigned by ${names}`);
      }
      return { checkpoint, logKeys, cosigned };
    }

    #span(key) {
      return this.validity.get(key.identity) ?? { first: 0, last: MAX_SIZE };
    }

    async #cosignatures(note) {
      const known = new Map([...this.witnesses].map(([name, verifier]) => [verifier.key.identity, name]));
      if (!ithaca.note.parse(note).signatures.some((one) => known.has(one.identity))) return [];
      const opened = await ithaca.note.open(note, [...this.witnesses.values()]);
      return [...opened.signedBy].map(([identity, blob]) => ({ witness: known.get(identity), timestamp: timestamp(blob) }));
    }

    #holds(held) {
      // Members of a group are defined before it, so one pass in that order settles every group.
      for (const [name, { threshold, members }] of this.groups) {
        if (members.filter((member) => held.has(member)).length >= threshold) held.add(name);
      }
      return this.quorum === NOBODY || held.has(this.quorum);
    }
  }

  /** Fills a policy line by line. */
  class Reader {
    #policy;
    #members = new Set();
    #hasQuorum = false;

    constructor(policy) {
      this.#policy = policy;
    }

    read(line) {
      const [statement, ...words] = line.split(/[ \t]/).filter((word) => word);
      if (statement === VALIDITY && line.startsWith(VALIDITY)) this.#valid(words);
      else if (statement === undefined || line.startsWith("#")) return;
      else if (statement === "log") this.#log(words);
      else if (statement === "witness") this.#witness(words);
      else if (statement === "group") this.#group(words);
      else if (statement === "quorum") this.#quorum(words);
      else throw new FormatError(`${quoted(start(statement, 40))} is not a statement`);
    }

    finish() {
      if (!this.#hasQuorum) throw new FormatError("the policy has no quorum line");
      if (!this.#policy.logs.length) throw new FormatError("the policy names no log");
      return this.#policy;
    }

    #log(words) {
      if (words.length < 1 || words.length > 2) throw new FormatError("a log line reads: log <vkey> [<url>]");
      const log = makeVerifier(words[0], LOG_TYPES, "log");
      refuseTwice(log, this.#policy.logs);
      this.#policy.logs.push(log);
    }

    #valid(words) {
      if (words.length < 2 || words.length > 3) {
        throw new FormatError("a validity line reads: #valid <name>+<key ID> <first size> [<last size>]");
      }
      const [identity] = words;
      if (!this.#policy.logs.some((log) => log.key.identity === identity) || this.#policy.validity.has(identity)) {
        const shown = quoted(start(identity, 80));
        throw new FormatError(`${shown} is not a log key of an earlier line, or its validity is given twice`);
      }
      const first = decimal(words[1], "first size");
      const last = words.length > 2 ? decimal(words[2], "last size") : MAX_SIZE;
      if (last < first) throw new FormatError(`last size: the key would be valid from ${first} to ${last}`);
      this.#policy.validity.set(identity, { first, last });
    }

    #witness(words) {
      if (words.length < 2 || words.length > 3) {
        throw new FormatError("a witness line reads: witness <name> <vkey> [<url>]");
      }
      this.#refuseTaken(words[0]);
      const verifier = makeVerifier(words[1], WITNESS_TYPES, "witness");
      refuseTwice(verifier, [...this.#policy.witnesses.values()]);
      this.#policy.witnesses.set(words[0], verifier);
    }

    #group(words) {
      if (words.length < 3) throw new FormatError("a group line reads: group <name> all|any|<k> <member>...");
      const [name, wanted, ...members] = words;
      this.#refuseTaken(name);
      for (const member of members) this.#join(member);
      const named = { all: members.length, any: 1 };
      const threshold = Object.hasOwn(named, wanted) ? named[wanted] : decimal(wanted, "threshold");
      if (threshold < 1 || threshold > members.length) {
        throw new FormatError(`${threshold} of ${members.length} members cannot be a threshold`);
      }
      if (this.#policy.groups.size === MAX_NAMES) throw new FormatError(`a policy names at most ${MAX_NAMES} groups`);
      this.#policy.groups.set(name, { threshold, members });
    }

    #quorum(words) {
      if (words.length !== 1 || this.#hasQuorum) {
        throw new FormatError("a policy has one line that reads: quorum <name>|none");
      }
      if (words[0] !== NOBODY) this.#requireDefined(words[0]);
      this.#policy.quorum = words[0];
      this.#hasQuorum = true;
    }

    #join(member) {
      this.#requireDefined(member);
      if (this.#members.has(member)) throw new FormatError(`${member} is a member twice and would be counted twice`);
      this.#members.add(member);
    }

    #isDefined(name) {
      return this.#policy.witnesses.has(name) || this.#policy.groups.has(name);
    }

    #requireDefined(name) {
      if (!this.#isDefined(name)) throw new FormatError(`${quoted(start(name, 40))} is not defined on an earlier line`);
    }

    #refuseTaken(name) {
      if (name === NOBODY || this.#isDefined(name)) throw new FormatError(`the name ${quoted(start(name, 40))} is taken`);
    }
  }

  function makeVerifier(vkey, types, whose) {
    const key = VerifierKey.parse(vkey);
    const type = types.get(key.algorithm);
    if (!type) {
      const shown = `0x${key.algorithm.toString(16).padStart(2, "0")}`;
      throw new FormatError(`the key of ${key.name} has type ${shown}, which is not one of a ${whose}`);
    }
    return new type(key);
  }

  function refuseTwice(made, known) {
    if (known.length === MAX_NAMES) throw new FormatError(`a policy names at most ${MAX_NAMES} of each kind`);
    if (known.some((one) => equal(one.key.publicKey, made.key.publicKey))) {
      throw new FormatError(`the public key of ${made.key.name} is listed twice`);
    }
    if (known.some((one) => one.key.identity === made.key.identity)) {
      throw new FormatError(`two keys of ${made.key.name} have the same key ID`);
    }
  }

  return { ALGORITHMS, NOBODY, Policy };
})();
