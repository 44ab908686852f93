// <form data-upload>: sends many files at once, one line per file with its own bar, rate, remaining time
// and result. The plain form underneath does the same without JavaScript, only silently.

const AT_ONCE = 2;
const UNCERTAIN = "Look at the list of files before you try again.";
const CHOICES = { new_version: "Store as a new version", keep_both: "Keep both" };

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, onClick) {
  const made = element("button", "button button--small", text);
  made.type = "button";
  made.addEventListener("click", onClick);
  return made;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes.toFixed(0)} bytes`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let step = -1;
  do {
    bytes /= 1024;
    step += 1;
  } while (bytes >= 1024 && step < units.length - 1);
  return `${bytes.toFixed(1)} ${units[step]}`;
}

function duration(seconds) {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText) || {};
  } catch {
    return {};
  }
}

function refusalSentence(request, answer) {
  if (answer.error) return answer.error;
  if (request.status === 413) return "This file is larger than this installation accepts.";
  if (request.status === 403) return "You may not upload here, or your session has ended. Sign in again.";
  if (request.status === 507) return "The workspace has no room left for this file.";
  if (request.status >= 500) return `The server did not answer properly (${request.status}). ${UNCERTAIN}`;
  return `The server did not accept this file (${request.status}). Nothing was stored.`;
}

// A session that has ended answers with the sign-in page, which must not be taken for success.
function wasRedirected(request, url) {
  return new URL(request.responseURL).pathname !== new URL(url, location.href).pathname;
}

// One file on its way: its line in the list and its request.
class Transfer {
  constructor(file, panel) {
    this.file = file;
    this.panel = panel;
    this.line = element("li", "upload-file");
    this.bar = element("progress", "");
    this.bar.max = Math.max(file.size, 1);
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Progress of ${file.name}`);
    this.state = element("span", "upload-file__state", `Waiting, ${size(file.size)}`);
    this.stop = button("Cancel", () => this.cancel());
    this.stop.setAttribute("aria-label", `Cancel ${file.name}`);
    this.line.append(element("span", "upload-file__name", file.name), this.stop, this.bar, this.state);
  }

  start(onConflict = "") {
    const { url, method, token } = this.panel;
    const choice = onConflict ? `${url.includes("?") ? "&" : "?"}on_conflict=${onConflict}` : "";
    this.begun = performance.now();
    this.request = new XMLHttpRequest();
    this.request.open(method, `${url}${choice}`);
    // In a header, because addresses are logged. Half a character of a strange name must not stop the others.
    this.request.setRequestHeader("X-File-Name", encodeURIComponent(this.file.name.toWellFormed?.() ?? this.file.name));
    this.request.setRequestHeader("X-CSRFToken", token);
    this.request.setRequestHeader("Accept", "application/json");
    this.request.setRequestHeader("Content-Type", "application/octet-stream");
    this.request.upload.addEventListener("progress", (event) => this.moved(event.loaded));
    this.request.addEventListener("load", () => this.answered());
    this.request.addEventListener("error", () => this.fail(`The connection was lost. ${this.whatIsStored()}`, true));
    this.request.addEventListener("abort", () => this.fail(`Cancelled. ${this.whatIsStored()}`, true));
    this.request.send(this.file);
  }

  moved(loaded) {
    const seconds = (performance.now() - this.begun) / 1000;
    const rate = loaded / Math.max(seconds, 0.001);
    const left = (this.file.size - loaded) / Math.max(rate, 1);
    this.bar.value = loaded;
    this.state.textContent = loaded < this.file.size
      ? `${size(loaded)} of ${size(this.file.size)} · ${size(rate)}/s · ${duration(left)} left`
      : "Sealing and recording…";
  }

  // Once every byte is sent the server may have finished although its answer never came.
  whatIsStored() {
    return this.bar.value < this.file.size ? "Nothing was stored." : UNCERTAIN;
  }

  answered() {
    const answer = answerOf(this.request);
    if (wasRedirected(this.request, this.panel.url)) this.fail("Your session has ended. Nothing was stored; sign in again.", true);
    else if (this.request.status >= 200 && this.request.status < 300) this.succeed(answer);
    else if (this.request.status === 409 && answer.choices) this.askAboutConflict(answer);
    else this.fail(refusalSentence(this.request, answer), this.request.status >= 500);
  }

  succeed(answer) {
    const message = answer.message || `Stored and recorded, ${size(this.file.size)}`;
    const stored = answer.name || this.file.name;
    this.finish("done", stored === this.file.name ? message : `${message}; sent as “${this.file.name}”`);
    this.bar.remove();
    const shown = element(answer.url ? "a" : "span", "upload-file__name", stored);
    if (answer.url) shown.href = answer.url;
    this.line.firstChild.replaceWith(shown);
  }

  askAboutConflict(answer) {
    this.finish("asks", answer.error);
    this.bar.remove();
    const row = element("span", "upload-file__choices");
    for (const choice of answer.choices.filter((name) => name in CHOICES)) {
      row.append(button(CHOICES[choice], () => this.again(row, choice)));
    }
    row.append(button("Skip this file", () => this.skip(row)));
    this.line.append(row);
  }

  skip(row) {
    row.remove();
    this.finish("failed", "Skipped. Nothing was stored.");
    this.panel.settled();
  }

  again(row, choice = "") {
    row.remove();
    this.line.className = "upload-file";
    this.bar.value = 0;
    this.line.insertBefore(this.bar, this.state);
    this.line.insertBefore(this.stop, this.bar);
    this.panel.enqueue(this, choice);
  }

  cancel() {
    if (this.request) this.request.abort();
    else if (this.panel.forget(this)) this.fail("Cancelled. Nothing was stored.", false);
  }

  fail(sentence, mayRetry) {
    this.finish("failed", sentence);
    this.bar.remove();
    if (!mayRetry) return;
    const row = element("span", "upload-file__choices");
    row.append(button("Try again", () => this.again(row)));
    this.line.append(row);
  }

  finish(outcome, sentence) {
    this.line.className = `upload-file upload-file--${outcome}`;
    this.state.textContent = sentence;
    this.stop.remove();
    this.request = null;
    this.panel.announce(`${this.file.name}: ${sentence}`);
    this.panel.ended(this);
  }
}

// The form with its waiting line: a few files at once, so that one big file does not hold up the rest.
class Panel {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.uploadUrl;
    this.method = form.dataset.uploadMethod || "POST";
    this.token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
    this.list = form.querySelector("[data-upload-files]");
    this.status = form.querySelector("[data-upload-status]");
    this.done = form.querySelector("[data-upload-done]");
    this.waiting = [];
    this.running = new Set();
    this.listen();
  }

  // The label becomes the button and the browser's own control steps back, still reachable by keyboard.
  dress() {
    const label = this.form.querySelector("[data-upload-label]");
    label.className = "button button--primary";
    label.textContent = "Choose files";
    this.form.classList.add("upload--enhanced");
    this.form.querySelector("[data-upload-submit]").hidden = true;
    this.form.querySelector("[data-upload-drop]").hidden = false;
  }

  listen() {
    const input = this.form.querySelector("input[type=file]");
    this.dress();
    input.addEventListener("change", () => {
      this.take(input.files);
      input.value = "";
    });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("dragover", (event) => this.hover(event, true));
    this.form.addEventListener("dragleave", (event) => this.hover(event, false));
    this.form.addEventListener("drop", (event) => {
      this.hover(event, false);
      this.take(event.dataTransfer.files);
    });
    window.addEventListener("beforeunload", (event) => this.busy() && event.preventDefault());
  }

  hover(event, over) {
    event.preventDefault();
    this.form.classList.toggle("upload--over", over);
  }

  take(files) {
    for (const file of files) {
      const transfer = new Transfer(file, this);
      this.list.append(transfer.line);
      this.enqueue(transfer);
    }
    this.announce(`${files.length} ${files.length === 1 ? "file" : "files"} added`);
  }

  enqueue(transfer, choice = "") {
    this.waiting.push([transfer, choice]);
    this.next();
  }

  next() {
    while (this.running.size < AT_ONCE && this.waiting.length) {
      const [transfer, choice] = this.waiting.shift();
      this.running.add(transfer);
      transfer.start(choice);
    }
  }

  forget(transfer) {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter(([waiting]) => waiting !== transfer);
    return this.waiting.length < before;
  }

  ended(transfer) {
    this.running.delete(transfer);
    this.next();
    this.settled();
  }

  busy() {
    return this.running.size > 0 || this.waiting.length > 0;
  }

  settled() {
    const stored = this.list.querySelector(".upload-file--done");
    const asking = this.list.querySelector(".upload-file--asks");
    if (this.done) this.done.hidden = this.busy() || !stored || Boolean(asking);
  }

  announce(sentence) {
    this.status.textContent = sentence;
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) new Panel(form);
