/* The page: takes files, starts the verification and shows its report. It writes text only, never markup. */
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("form"), cancel = byId("cancel"), progress = byId("progress"), result = byId("result");
  const BETWEEN_PAUSES = 40; // milliseconds

  class Cancelled extends Error {}

  let running = null; // { cancel() } while a verification runs

  /** Verify in a worker. Browsers start none for a page from a disk; there it runs in the page, with pauses. */
  function verify(file, options) {
    if (location.protocol === "file:") return verifyHere(file, options);
    return new Promise((resolve, reject) => {
      const worker = new Worker("worker.js");
      running = { cancel: () => finish(reject, new Cancelled()) };
      const finish = (settle, value) => {
        worker.terminate();
        settle(value);
      };
      worker.onerror = () => finish(resolve, verifyHere(file, options));
      worker.onmessage = ({ data }) => {
        if (data.result) finish(resolve, data.result);
        else if (data.defect) finish(reject, new Error(data.defect));
        else showProgress(data.done, data.total);
      };
      worker.postMessage({ file, options });
    });
  }

  function verifyHere(file, options) {
    let last = performance.now(), cancelled = false;
    running = { cancel: () => (cancelled = true) };
    const onward = async (done, total) => {
      if (performance.now() - last < BETWEEN_PAUSES) return;
      showProgress(done, total);
      await new Promise((resume) => setTimeout(resume));
      if (cancelled) throw new Cancelled();
      last = performance.now();
    };
    return ithaca.main.verify(file, { ...options, onward });
  }

  function showProgress(done, total) {
    progress.max = total;
    progress.value = Math.min(done, total);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) return;
    const file = byId("file").files[0];
    if (!file) {
      showUnusable("Choose a file first: a trail.zip, or a receipt whose name ends in .tlog-proof.");
      return;
    }
    const options = {
      policy: chosen("policy"),
      known: chosen("known"),
      knownPolicy: byId("known-policy").files[0] ?? null,
      receipts: [...byId("receipts").files],
      proofs: [...byId("proofs").files],
      blockHash: byId("block-hash").value.trim(),
      timestampCa: byId("timestamp-ca").files[0] ?? null,
    };
    setBusy(true);
    try {
      show(file, await verify(file, options));
    } catch (error) {
      showUnusable(
        error instanceof Cancelled ? "You stopped the verification. Nothing is known about this file."
          : `This page has a defect: ${error.message}`,
      );
    } finally {
      setBusy(false);
    }
  });

  cancel.addEventListener("click", () => running?.cancel());

  /** The chosen file, or the pasted text as one. */
  function chosen(id) {
    const text = byId(`${id}-text`).value;
    return byId(id).files[0] ?? (text.trim() ? new File([text.replace(/\r\n/g, "\n")], "what you pasted") : null);
  }

  function setBusy(busy) {
    if (!busy) running = null;
    form.ariaBusy = String(busy);
    byId("start").disabled = busy;
    byId("working").hidden = !busy;
    if (busy) {
      result.replaceChildren();
      progress.removeAttribute("value");
    }
  }

  /* The report. */

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function verdict(kind, title, ...lines) {
    const box = element("div", "", `verdict verdict--${kind}`), heading = element("h2", title);
    heading.tabIndex = -1;
    box.append(heading, ...lines.map((line) => element("p", line)));
    result.replaceChildren(box);
    return heading;
  }

  function showUnusable(sentence) {
    verdict("unknown", "This cannot be checked", sentence).focus();
  }

  function show(file, { status, report, error }) {
    if (status === 2) {
      showUnusable(error);
      return;
    }
    const { printable } = ithaca.report, about = printable(`${report.file}: ${report.subject}`).replace(/[: ]+$/, "");
    const heading = report.holds
      ? verdict("good", "Everything that was checked holds", about)
      : verdict("bad", "This does not hold", printable(report.failure), "Do not rely on this file.", about);
    section("Checked against", report.against);
    section("Checked and holding", report.checks);
    if (report.holds) {
      section("What that means", report.meaning);
      section("What this cannot tell", report.limits);
    }
    result.append(actions(file, report));
    heading.focus();
  }

  function section(title, sentences) {
    if (!sentences.length) return;
    const list = element("ul");
    list.append(...sentences.map((one) => element("li", ithaca.report.printable(one))));
    result.append(element("h3", title), list);
  }

  function actions(file, report) {
    const row = element("p", "", "actions"), print = element("button", "Print"), save = element("button", "Save the report");
    print.type = save.type = "button";
    print.addEventListener("click", () => window.print());
    save.addEventListener("click", () => {
      const link = element("a");
      link.href = URL.createObjectURL(new Blob([`${JSON.stringify(report, null, 2)}\n`], { type: "application/json" }));
      link.download = `${file.name}.report.json`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
    row.append(print, save);
    return row;
  }

  /* Dropping a file anywhere on the box is the same as choosing it. */

  for (const box of document.querySelectorAll("[data-drop]")) {
    const input = byId(box.dataset.drop);
    box.addEventListener("dragover", (event) => {
      event.preventDefault();
      box.classList.add("drop--over");
    });
    box.addEventListener("dragleave", () => box.classList.remove("drop--over"));
    box.addEventListener("drop", (event) => {
      event.preventDefault();
      box.classList.remove("drop--over");
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }

  // A file that misses the box must not replace the page.
  for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => event.preventDefault());
  byId("served").hidden = location.protocol === "file:";
  byId("start").disabled = false;
})();
