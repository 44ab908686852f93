/* The sentences that trails and receipts share: `verifier/wording.py`. A test holds the two reports equal, word by word. */
"use strict";

ithaca.wording = (() => {
  const { ALGORITHMS, NOBODY } = ithaca.policy;
  const YEAR_9999 = 253402300799, TOKENS_NAMED = 20;

  /** Who besides the log signed the checkpoint. */
  function describeCosignatures(accepted) {
    if (!accepted.cosigned.length) return "No witness co-signed it.";
    const names = accepted.cosigned.map((one) => `${one.witness} (${describeTime(one.timestamp)})`).join(", ");
    return `It is co-signed by ${names}, as many as the policy asks for.`;
  }

  /** With which of its keys the log signed the checkpoint, as far as the policy asked. */
  function describeLogKeys(accepted) {
    return accepted.logKeys.map((key) => `${ALGORITHMS.get(key.algorithm)} (key ${key.keyId})`).join(" and ");
  }

  /** Say whose word the checks were held against. */
  function describeAgainst(report, accepted, policy, { ownPolicy }) {
    report.heldAgainst(`The policy ${ownPolicy ? "that came with the export itself" : "that you brought"}.`);
    report.heldAgainst(`The log ${accepted.checkpoint.origin}: ${describeLogKeys(accepted)}.`);
    const names = accepted.cosigned.map((one) => one.witness).join(", ") || "nobody";
    const known = policy.witnesses.size, witnesses = known === 1 ? "1 witness" : `${known} witnesses`;
    report.heldAgainst(`The policy knows ${witnesses} and asks for ${quorum(policy)}; co-signed by ${names}.`);
  }

  function quorum(policy) {
    if (policy.quorum === NOBODY) return "none of them";
    const group = policy.groups.get(policy.quorum);
    return group ? `${group.threshold} of ${group.members.join(", ")}` : policy.quorum;
  }

  /** Say which fields were left out, and of how many events. */
  function describeHidden(report, names, count) {
    if (!names.size) return;
    const events = count === 1 ? "1 of these events" : `${count} of these events`;
    report.limit(
      `What these fields say: ${[...names].sort().join(", ")}. They were left out of ${events}. What they say stands` +
      " fixed in the log, but the names of other fields than the common ones are inside their hashes.",
    );
  }

  /** Say which events programs made, by whose leave; "" stands for tokens that were not remembered one by one. */
  function describeTokens(report, tokens) {
    if (!tokens.size) return;
    const total = [...tokens.values()].reduce((sum, count) => sum + count, 0);
    const events = total === 1 ? "1 of these events was" : `${total} of these events were`;
    const named = [...tokens.keys()].filter(Boolean).sort().slice(0, TOKENS_NAMED);
    const listed = named.map((token) => `${token} (${tokens.get(token)})`);
    const rest = named.reduce((left, token) => left - tokens.get(token), total);
    if (rest) listed.push(`others (${rest})`);
    report.passed(`${events} made by programs that acted for somebody by personal tokens: ${listed.join(", ")}.`);
  }

  /** Say what follows from the signatures under the checkpoint. */
  function describeMeaning(report, accepted, { ownPolicy }) {
    if (ownPolicy) {
      report.conclude("All of the following only if the keys that came with the export are the right ones.");
    }
    report.conclude(
      accepted.cosigned.length
        ? "The witnesses named above saw this state of the log, and it continued everything they had seen before." +
          " Whoever rewrites it now contradicts them."
        : "The log's operator vouches for this state of the log, and nobody else.",
    );
  }

  /** Say what this verification cannot tell. */
  function describeLimits(report, accepted, { ownPolicy, known }) {
    if (ownPolicy) {
      report.limit(
        "The policy came from the export itself, so all this shows is that the export agrees with itself. " +
        "Get the policy from somewhere else and check again with it.",
      );
    } else {
      report.limit("Whether the keys in your policy are the right ones: that rests on where you got the policy.");
    }
    if (new Set(accepted.logKeys.map((key) => key.algorithm)).size === 1) {
      report.limit(
        "Whether the log signed with a key of a second type: for a log of this size your policy names only" +
        ` ${describeLogKeys(accepted)}. The log's newest policy may name more.`,
      );
    }
    if (!accepted.cosigned.length) {
      report.limit(
        "No witness co-signed, so the operator alone vouches for this log and could show another one to others. " +
        "Compare the checkpoint with what others have, or bring one you kept.",
      );
    } else if (!known) {
      report.limit(
        "Whether the log was rewritten before the witnesses first saw it: a checkpoint that you kept would show it.",
      );
    }
    report.limit("Events that never reached the log: only receipts and the people involved can tell of those.");
  }

  /** A moment in seconds since 1970, as people write it. */
  function describeTime(timestamp) {
    if (timestamp > YEAR_9999) return "at a time beyond the calendar";
    return `${new Date(Number(timestamp) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
  }

  return {
    describeAgainst, describeCosignatures, describeHidden, describeLogKeys, describeLimits, describeMeaning, describeTime,
    describeTokens,
  };
})();
