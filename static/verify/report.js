/* What a verification found, for people and for programs: `verifier/report.py`. */
"use strict";

ithaca.report = (() => {
  const { isPrintable } = ithaca.bytes;

  /** Whose word was checked against, what passed, what it means, what it cannot tell, and what failed. */
  class Report {
    against = [];
    checks = [];
    meaning = [];
    limits = [];
    failure = null;
    where = {};
    subject = "";

    constructor(file) {
      this.file = file;
    }

    get holds() {
      return this.failure === null;
    }

    heldAgainst(sentence) {
      this.against.push(sentence);
    }

    conclude(sentence) {
      this.meaning.push(sentence);
    }

    passed(sentence) {
      this.checks.push(sentence);
    }

    limit(sentence) {
      this.limits.push(sentence);
    }

    fail(mismatch) {
      this.failure = String(mismatch);
      this.where = { ...mismatch.where };
      this.meaning = [];
    }

    /** Plain data, as `--json` writes it. */
    asData() {
      const { holds, file, subject, against, checks, meaning, limits, failure, where } = this;
      const plain = Object.entries(where).map(([name, value]) => [name, typeof value === "bigint" ? Number(value) : value]);
      return { holds, file, subject, against, checks, meaning, limits, failure, where: Object.fromEntries(plain) };
    }
  }

  /** Names come from the file under suspicion: they must not move the cursor or write lines of their own. */
  const printable = (text) => Array.from(text).map((one) => (isPrintable(one) ? one : escaped(one))).join("");

  const escaped = (one) => `\\u${one.codePointAt(0).toString(16).padStart(4, "0")}`;

  return { Report, printable };
})();
