/* What can go wrong: `ledger_bridge/tlog/errors.py`, and the two errors of `verifier/report.py`. */
"use strict";

ithaca.errors = (() => {
  class TlogError extends Error {}

  /** The bytes do not have the form that the specification demands. */
  class FormatError extends TlogError {}

  /** A note carries no signature by a known key, or one by a known key that does not verify. */
  class SignatureError extends TlogError {}

  /** A Merkle proof does not connect the hashes it was given for. */
  class ProofError extends TlogError {}

  /** A checkpoint is well formed but the policy does not accept it. */
  class PolicyError extends TlogError {}

  /** There is nothing here that could be verified: wrong file, wrong use. Says nothing about the log. */
  class UnusableError extends Error {}

  /** Something does not hold. `where` names the place: member, line, event, field, leaf, as far as known. */
  class MismatchError extends Error {
    constructor(sentence, where = {}) {
      super(sentence);
      this.where = where;
    }

    toString() {
      const place = Object.entries(this.where).map(([name, value]) => `${name} ${value}`).join(", ");
      return place ? `${place}: ${this.message}` : this.message;
    }
  }

  /** Run `attempt` and turn the errors of a kind into others. */
  function translate(kind, make, attempt) {
    try {
      return attempt();
    } catch (error) {
      if (error instanceof kind) throw make(error);
      throw error;
    }
  }

  async function translateLater(kind, make, attempt) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof kind) throw make(error);
      throw error;
    }
  }

  return {
    TlogError, FormatError, SignatureError, ProofError, PolicyError, UnusableError, MismatchError, translate, translateLater,
  };
})();
