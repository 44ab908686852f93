/* Which entries about erasures account for the events that were erased: `verifier/erasures.py`. */
"use strict";

ithaca.erasures = (() => {
  const { MismatchError } = ithaca.errors;
  const { SLOT_BITS } = ithaca.events;
  const { WrongEventError } = ithaca.form;
  const KIND = "erasure.done";
  const WORDS = new Map([["workspace", "workspace"], ["item", "file or folder"], ["person", "person"]]);

  /** Read an entry about an erasure; `covers` are the places in the log for which it accounts, as the export says. */
  function read(event, covers) {
    const of = event.text("detail.of");
    if (!WORDS.has(of)) throw new WrongEventError("its value is not one that this field can have", "detail.of");
    if (covers.length && covers.at(-1)[1] >= event.index) {
      throw new WrongEventError("it would account for an event that was recorded after it", "covers");
    }
    return {
      index: event.index, of, stream: event.text("detail.stream"),
      ground: event.fields.has("detail.ground") ? event.text("detail.ground") : "",
      entries: event.count("detail.entries"), time: event.text("recorded_at"), covers,
    };
  }

  /** Say how many events were erased, and which entries account for them. */
  function describeErased(report, erased, erasures, scope, marks) {
    requireApart(erasures);
    if (!erased.length) return;
    report.limit(
      `What was erased: ${counted(erased.length)} erased. The log shows that each existed and between which others it was` +
      " recorded.",
    );
    let rest = erased.length;
    for (const one of erasures) {
      const found = one.covers.flatMap(([first, last]) => erased.slice(before(erased, first), before(erased, last + 1)));
      if (found.length > one.entries) {
        const sentence = `it would account for ${found.length} events, but says that ${one.entries} were erased`;
        throw new MismatchError(sentence, { member: "notices.jsonl", event: one.index });
      }
      rest -= found.length;
      if (found.length) describe(report, one, found.length, isShown(one, found, scope, marks));
    }
    if (rest) {
      report.limit(
        `Why ${counted(rest)} erased: no entry in this export accounts for that. Ask whoever made it for the entry about` +
        " the erasure.",
      );
    }
  }

  /** How many of these numbers, which ascend, are smaller. */
  function before(numbers, limit) {
    let low = 0, high = numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  const counted = (count) => (count === 1 ? "1 of these events was" : `${count} of these events were`);

  function describe(report, one, count, shown) {
    const ground = one.ground ? `, on the ground “${one.ground}”` : "";
    report.passed(
      `Entry ${one.index} records that what the log said about a ${WORDS.get(one.of)} was erased,` +
      ` ${one.time}${ground}.`,
    );
    const events = count === 1 ? "1 of the erased events" : `${count} of the erased events`;
    if (shown) {
      report.passed(`Entry ${one.index} accounts for ${events}: their numbers stand in the stream that it names.`);
    } else {
      report.limit(
        `Whether entry ${one.index} accounts for ${events}, as the export says: an erased event no longer shows` +
        " whom or what it was about.",
      );
    }
  }

  /** Whether every one of these numbers itself in the stream that was erased, and in no other of its kind. */
  function isShown({ of, stream }, found, scope, marks) {
    const streams = scope.streams.filter((one) => one.kind === of);
    return streams.length === 1 && streams[0].commitment === stream && found.every((index) => marks.get(index) & SLOT_BITS[of]);
  }

  function requireApart(erasures) {
    const ranges = erasures.flatMap(({ covers, index }) => covers.map(([first, last]) => [first, last, index]));
    ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    for (let at = 1; at < ranges.length; at++) {
      if (ranges[at][0] <= ranges[at - 1][1]) {
        const sentence = `two erasures would account for event ${ranges[at][0]}`;
        throw new MismatchError(sentence, { member: "notices.jsonl", event: ranges[at][2] });
      }
    }
  }

  return { KIND, read, describeErased };
})();
