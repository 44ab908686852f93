// <form data-upload>: sends many files and whole folders at once, one line per file with its own bar, rate, remaining
// time and result. Large files go in pieces (tus 1.0): they can be paused, and go on where they were after a lost line
// or, when the same file is chosen again, after a reload. The plain form underneath works without JavaScript.

const AT_ONCE = 3;
const PIECE = 16 * 1024 * 1024;
const UNCERTAIN = "Look at the list of files before you try again.";
const CHOICES = { new_version: "Store as a new version", keep_both: "Keep both", again: "Try to store it again" };
const TUS = { "Tus-Resumable": "1.0.0" };
const LONGEST_PAUSE = 30;
const CHECKED_EVERY = 1000;

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, onClick, about = "") {
  const made = element("button", "button button--small", text);
  made.type = "button";
  if (about) made.setAttribute("aria-label", `${text} ${about}`);
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

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function wait(seconds) {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function withChoice(url, choice) {
  return choice ? `${url}${url.includes("?") ? "&" : "?"}on_conflict=${choice}` : url;
}

// One request, with progress of what is sent. The status is 0 when the line was lost or the request was stopped.
function ask(method, url, { headers = {}, body = null, moved = () => {}, started = () => {} } = {}) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => moved(event.loaded));
    request.addEventListener("loadend", () => resolve(request));
    started(request);
    request.send(body);
  });
}

function answerOf(request) {
  try {
    return JSON.parse(request.responseText) || {};
  } catch {
    return {};
  }
}

// A session that has ended answers with the sign-in page, which must not be taken for success.
function wasRedirected(request, url) {
  return Boolean(request.status) && new URL(request.responseURL).pathname !== new URL(url, location.href).pathname;
}

function refusalSentence(request, answer) {
  if (answer.error || answer.detail) return answer.error || answer.detail;
  if (request.status === 413) return "This file is larger than this installation accepts.";
  if (request.status === 403) return "You may not upload here, or your session has ended. Sign in again.";
  if (request.status === 507) return "The workspace has no room left for this file.";
  if (request.status >= 500) return `The server did not answer properly (${request.status}). ${UNCERTAIN}`;
  return `The server did not accept this file (${request.status}). Nothing was stored.`;
}

// How fast bytes go, over the last seconds.
class Rate {
  constructor() {
    this.points = [];
  }

  at(bytes) {
    const now = performance.now() / 1000;
    this.points.push([now, bytes]);
    while (this.points.length > 2 && this.points[0][0] < now - 8) this.points.shift();
    const [then, before] = this.points[0];
    return now > then ? Math.max(bytes - before, 0) / (now - then) : 0;
  }
}

// What every way of sending a file has in common: its line in the list, its buttons and its end.
class Transfer {
  constructor(file, panel, folder = "", place = "") {
    this.file = file;
    this.panel = panel;
    this.folder = folder;
    this.shown = place + file.name;
    this.sent = 0;
    this.rate = new Rate();
    this.line = element("li", "upload-file");
    this.bar = element("progress", "");
    this.bar.max = Math.max(file.size, 1);
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Progress of ${this.shown}`);
    this.state = element("span", "upload-file__state", `Waiting, ${size(file.size)}`);
    this.buttons = element("span", "upload-file__buttons");
    this.line.append(element("span", "upload-file__name", this.shown), this.buttons, this.bar, this.state);
    this.offer([["Cancel", () => this.cancel()]]);
  }

  offer(pairs) {
    this.buttons.replaceChildren(...pairs.map(([text, deed]) => button(text, deed, this.shown)));
  }

  moved(bytes) {
    this.sent = bytes;
    const rate = this.rate.at(bytes);
    const left = rate ? ` · ${size(rate)}/s · ${duration((this.file.size - bytes) / rate)} left` : "";
    this.bar.value = bytes;
    this.state.textContent = bytes < this.file.size
      ? `${size(bytes)} of ${size(this.file.size)}${left}`
      : "Sealing and recording…";
    this.panel.moved();
  }

  // The name is a header or metadata, because addresses are logged. Half a character must not stop the others.
  get name() {
    return this.file.name.toWellFormed?.() ?? this.file.name;
  }

  succeed(answer) {
    this.sent = this.file.size;
    const message = answer.message || `Stored and recorded, ${size(this.file.size)}`;
    const stored = answer.name || this.file.name;
    this.finish("done", stored === this.file.name ? message : `${message}; sent as “${this.file.name}”`);
    const shown = element(answer.url ? "a" : "span", "upload-file__name", stored === this.file.name ? this.shown : stored);
    if (answer.url) shown.href = answer.url;
    this.line.firstChild.replaceWith(shown);
  }

  askAboutConflict(answer) {
    this.finish("asks", answer.error);
    const choices = answer.choices.filter((name) => name in CHOICES);
    this.offer([
      ...choices.map((choice) => [CHOICES[choice], () => this.again(choice)]),
      ["Skip this file", () => this.skip()],
    ]);
  }

  skip() {
    this.finish("failed", "Skipped. Nothing was stored.");
    this.panel.settled();
  }

  again(choice = "") {
    this.line.className = "upload-file";
    this.line.insertBefore(this.bar, this.state);
    this.rate = new Rate();
    this.moved(0);
    this.state.textContent = `Waiting, ${size(this.file.size)}`;
    this.offer([["Cancel", () => this.cancel()]]);
    this.panel.enqueue(this, choice);
  }

  cancel() {
    if (this.panel.forget(this)) this.fail("Cancelled. Nothing was stored.", true);
    else this.stop();
  }

  fail(sentence, mayRetry) {
    this.finish("failed", sentence);
    if (mayRetry) this.offer([["Try again", () => this.again()]]);
  }

  finish(outcome, sentence) {
    this.line.className = `upload-file upload-file--${outcome}`;
    this.state.textContent = sentence;
    this.bar.remove();
    this.buttons.replaceChildren();
    this.request = null;
    this.panel.announce(`${this.shown}: ${sentence}`);
    this.panel.ended(this);
  }
}

// A small file: one request with the file as its body.
class WholeTransfer extends Transfer {
  async start(choice = "") {
    const { method, token } = this.panel;
    const url = this.panel.urlIn(this.panel.url, this.folder);
    const headers = { "X-File-Name": encodeURIComponent(this.name), "X-CSRFToken": token, Accept: "application/json",
      "Content-Type": "application/octet-stream" };
    const request = await ask(method, withChoice(url, choice), {
      headers,
      body: this.file,
      moved: (bytes) => this.moved(bytes),
      started: (one) => { this.request = one; },
    });
    const answer = answerOf(request);
    if (!request.status) this.fail(`${this.stopped ? "Cancelled" : "The connection was lost"}. ${this.whatIsStored()}`, true);
    else if (wasRedirected(request, url)) this.fail("Your session has ended. Nothing was stored; sign in again.", true);
    else if (request.status < 300) this.succeed(answer);
    else if (request.status === 409 && answer.choices) this.askAboutConflict(answer);
    else this.fail(refusalSentence(request, answer), request.status >= 500 || request.status === 423);
  }

  // Once every byte is sent the server may have finished although its answer never came.
  whatIsStored() {
    return this.sent < this.file.size ? "Nothing was stored." : UNCERTAIN;
  }

  stop() {
    this.stopped = true;
    this.request?.abort();
  }
}

// A large file: made once, then sent piece by piece from where the server says it stands.
class ResumableTransfer extends Transfer {
  constructor(file, panel, folder, place, known = null) {
    super(file, panel, folder, place);
    this.url = known?.dataset.url || "";
    this.turn = 0;
    known?.remove();
  }

  async start(choice = "") {
    // Whoever pauses or cancels takes the turn away, so that two never send at once.
    this.turn += 1;
    const { turn } = this;
    const mine = () => this.turn === turn;
    this.offer([["Pause", () => this.pause()], ["Cancel", () => this.cancel()]]);
    if (this.url || (await this.make(choice))) await this.sendAll(mine);
  }

  async make(choice) {
    const url = this.panel.urlIn(this.panel.tusUrl, this.folder);
    const said = [["filename", this.name], ["modified", String(this.file.lastModified)], ["on_conflict", choice || "ask"]];
    const metadata = said.map(([key, value]) => `${key} ${base64(value)}`).join(",");
    const request = await this.ask("POST", url, { "Upload-Length": String(this.file.size), "Upload-Metadata": metadata });
    if (request.status === 201) {
      this.url = request.getResponseHeader("Location");
      return true;
    }
    const answer = answerOf(request);
    if (request.status === 409 && answer.choices) this.askAboutConflict(answer);
    else if (!request.status) this.fail("The connection was lost. Nothing was stored.", true);
    else this.fail(refusalSentence(request, answer), request.status >= 500);
    return false;
  }

  ask(method, url, headers = {}, more = {}) {
    const all = { ...TUS, "X-CSRFToken": this.panel.token, Accept: "application/json", ...headers };
    return ask(method, url, { headers: all, ...more });
  }

  async sendAll(mine) {
    let failures = 0;
    while (mine()) {
      const stands = await this.ask("HEAD", this.url);
      if (!mine()) return;
      if (stands.status === 200) {
        const before = Number(stands.getResponseHeader("Upload-Offset"));
        const after = await this.sendFrom(before, mine);
        if (after === this.file.size) return this.watch();
        if (after === null) return;
        failures = after > before ? 0 : failures + 1;
      } else if (stands.status && stands.status < 500 && stands.status !== 423) {
        return this.lost(stands);
      } else {
        failures += 1;
      }
      if (failures && mine()) await this.rest(failures);
    }
  }

  // Sends pieces until something is in the way; returns where it stands then, or null if it is over.
  async sendFrom(offset, mine) {
    while (offset < this.file.size && mine()) {
      const piece = this.file.slice(offset, offset + PIECE);
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
      const request = await this.ask("PATCH", this.url, headers, {
        body: piece,
        moved: (bytes) => this.moved(offset + bytes),
        started: (one) => { this.request = one; },
      });
      if (!mine()) return null;
      if (request.status !== 204) return this.isOver(request) ? null : offset;
      offset = Number(request.getResponseHeader("Upload-Offset"));
    }
    return offset;
  }

  isOver(request) {
    const passing = !request.status || request.status >= 500 || [409, 423, 460, 429].includes(request.status);
    // A full store does not become empty by asking every few seconds: the person decides when to go on.
    if (request.status === 507) this.halt(answerOf(request).error || "There is no room left at this moment.");
    else if (!passing) this.lost(request);
    return !passing || request.status === 507;
  }

  async rest(failures) {
    const seconds = Math.min(2 ** (failures - 1), LONGEST_PAUSE);
    this.state.textContent = `The line is broken. Trying again in ${seconds} s; nothing that arrived is lost.`;
    await Promise.race([wait(seconds), new Promise((resolve) => { this.wake = resolve; })]);
    this.rate = new Rate();
  }

  lost(request) {
    const gone = request.status === 404 || request.status === 410;
    if (gone) this.url = "";
    const sentence = answerOf(request).error || answerOf(request).detail;
    const ended = wasRedirected(request, this.url || location.href) || request.status === 403 || request.status === 401;
    if (gone) this.fail(sentence && request.status === 410 ? sentence : "This upload has expired or was discarded.", true);
    else if (ended) this.fail(sentence || "Your session has ended. Sign in again, then choose the file again to go on.", true);
    else this.fail(refusalSentence(request, answerOf(request)), true);
  }

  // All is there; a large file is still being checked by the server.
  async watch() {
    this.moved(this.file.size);
    this.offer([]);
    for (;;) {
      const request = await this.ask("GET", this.url);
      const answer = answerOf(request);
      if (answer.state === "done") return this.succeed({ url: answer.file ? this.panel.fileUrl(answer.file) : "", message: "Stored and recorded" });
      if (answer.state === "asking") return this.askAboutConflict(answer);
      if (answer.state === "failed") return this.fail(answer.error, true);
      if (request.status && request.status < 500 && request.status !== 200) return this.lost(request);
      this.state.textContent = "All there; being checked before it is recorded…";
      await wait(CHECKED_EVERY / 1000);
    }
  }

  async again(choice = "") {
    if (!this.url) return super.again(choice);
    if (!choice) return super.again();
    this.offer([]);
    const request = await this.ask("POST", withChoice(this.url, choice === "again" ? "ask" : choice));
    const answer = answerOf(request);
    if (answer.state === "done") return this.watch();
    this.askAboutConflict({ error: answer.error || refusalSentence(request, answer), choices: answer.choices || [choice] });
  }

  pause() {
    this.halt("Paused");
  }

  halt(why) {
    this.turn += 1;
    this.request?.abort();
    this.wake?.();
    this.state.textContent = `${why}. What arrived is safe; ${size(this.file.size)} in all.`;
    this.panel.announce(`${this.shown}: ${why}`);
    this.offer([["Resume", () => this.resume()], ["Cancel", () => this.cancel()]]);
    this.panel.ended(this);
  }

  resume() {
    this.rate = new Rate();
    this.offer([["Pause", () => this.pause()], ["Cancel", () => this.cancel()]]);
    this.panel.enqueue(this);
  }

  skip() {
    this.stop();
  }

  async stop() {
    this.turn += 1;
    this.request?.abort();
    this.wake?.();
    const { url } = this;
    this.url = "";
    this.fail("Cancelled. Nothing was stored.", true);
    // The server may need a moment to notice that the request was stopped.
    for (let tries = 0; url && tries < 5; tries += 1) {
      const request = await this.ask("DELETE", url);
      if (request.status && request.status !== 423) return;
      await wait(1);
    }
  }
}

// The form with its waiting line: a few files at once, so that one big file does not hold up the rest.
class Panel {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.uploadUrl;
    this.tusUrl = form.dataset.uploadTusUrl || "";
    this.foldersUrl = form.dataset.uploadFoldersUrl || "";
    this.large = Number(form.dataset.uploadLarge || 8 * 1024 * 1024);
    this.method = form.dataset.uploadMethod || "POST";
    this.token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
    this.list = form.querySelector("[data-upload-files]");
    this.status = form.querySelector("[data-upload-status]");
    this.summary = form.querySelector("[data-upload-summary]");
    this.done = form.querySelector("[data-upload-done]");
    this.all = [];
    this.waiting = [];
    this.running = new Set();
    this.folders = new Map();
    this.rate = new Rate();
    this.listen();
  }

  fileUrl(id) {
    return (this.form.dataset.uploadFileUrl || "").replace("00000000-0000-0000-0000-000000000000", id);
  }

  urlIn(url, folder) {
    if (!folder) return url;
    const address = new URL(url, location.href);
    address.searchParams.set("folder", folder);
    return address.pathname + address.search;
  }

  // The label becomes the button and the browser's own control steps back, still reachable by keyboard.
  dress() {
    const label = this.form.querySelector("[data-upload-label]");
    label.className = "button button--primary";
    label.textContent = "Choose files";
    this.form.classList.add("upload--enhanced");
    this.form.querySelector("[data-upload-submit]").hidden = true;
    for (const part of this.form.querySelectorAll("[data-upload-drop], [data-upload-folder]")) part.hidden = false;
  }

  listen() {
    this.dress();
    for (const input of this.form.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        this.take([...input.files].map((file) => [file, pathOf(file)]));
        input.value = "";
      });
    }
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("dragover", (event) => this.hover(event, true));
    this.form.addEventListener("dragleave", (event) => this.hover(event, false));
    this.form.addEventListener("drop", async (event) => {
      this.hover(event, false);
      this.take(await dropped(event.dataTransfer));
    });
    window.addEventListener("online", () => this.all.forEach((transfer) => transfer.wake?.()));
    window.addEventListener("beforeunload", (event) => this.busy() && event.preventDefault());
  }

  hover(event, over) {
    event.preventDefault();
    this.form.classList.toggle("upload--over", over);
  }

  async take(files) {
    this.announce(`${files.length} ${files.length === 1 ? "file" : "files"} added`);
    for (const [file, path] of files) {
      try {
        this.add(file, await this.folderAt(path), path.map((name) => `${name}/`).join(""));
      } catch (error) {
        this.announce(error.message);
        const line = element("li", "upload-file upload-file--failed");
        line.append(element("span", "upload-file__name", file.name), element("span", "upload-file__state", error.message));
        this.list.append(line);
      }
    }
  }

  add(file, folder, place) {
    const known = folder ? null : this.known(file);
    const resumable = this.tusUrl && (file.size > this.large || known);
    const transfer = resumable
      ? new ResumableTransfer(file, this, folder, place, known)
      : new WholeTransfer(file, this, folder, place);
    this.all.push(transfer);
    this.list.append(transfer.line);
    this.enqueue(transfer);
  }

  // An upload that was begun earlier and is of this very file, as far as a browser can tell.
  known(file) {
    return [...document.querySelectorAll("[data-upload-unfinished]")].find(({ dataset }) =>
      dataset.name === file.name.normalize("NFC") && Number(dataset.size) === file.size
      && (!dataset.modified || Number(dataset.modified) === file.lastModified));
  }

  // The folder that a path leads to, made on the server once if it is not there.
  folderAt(path) {
    if (!path.length || !this.foldersUrl) return Promise.resolve("");
    const key = JSON.stringify(path);
    if (!this.folders.has(key)) this.folders.set(key, this.makeFolders(path));
    return this.folders.get(key);
  }

  async makeFolders(path) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token, Accept: "application/json" };
    const request = await ask("POST", this.foldersUrl, { headers, body: JSON.stringify({ path }) });
    if (request.status === 200) return answerOf(request).id;
    this.folders.delete(JSON.stringify(path));
    throw new Error(answerOf(request).error || `The folder “${path.join("/")}” could not be made.`);
  }

  enqueue(transfer, choice = "") {
    this.waiting.push([transfer, choice]);
    this.next();
    this.settled();
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
    this.moved();
  }

  busy() {
    return this.running.size > 0 || this.waiting.length > 0;
  }

  // One sentence about all files together, when there are several.
  moved() {
    if (!this.summary || this.all.length < 2) return;
    const total = this.all.reduce((sum, { file }) => sum + file.size, 0);
    const sent = this.all.reduce((sum, transfer) => sum + transfer.sent, 0);
    const done = this.list.querySelectorAll(".upload-file--done").length;
    const failed = this.list.querySelectorAll(".upload-file--failed, .upload-file--asks").length;
    const rate = this.rate.at(sent);
    const left = this.busy() && rate ? ` · ${size(rate)}/s · ${duration((total - sent) / rate)} left` : "";
    const wrong = failed ? ` · ${failed} need you` : "";
    this.summary.hidden = false;
    this.summary.textContent = `${done} of ${this.all.length} files stored${wrong} · ${size(sent)} of ${size(total)}${left}`;
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

function pathOf(file) {
  return (file.webkitRelativePath || "").split("/").slice(0, -1);
}

// Everything that was dropped, with what lies in folders.
async function dropped(transfer) {
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.());
  if (!entries.length || entries.includes(undefined) || entries.includes(null)) {
    return [...transfer.files].map((file) => [file, []]);
  }
  const found = [];
  for (const entry of entries) await walk(entry, [], found);
  return found;
}

async function walk(entry, path, found) {
  if (entry.isFile) {
    found.push([await new Promise((resolve, reject) => { entry.file(resolve, reject); }), path]);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader gives a hundred entries at a time.
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) return;
    for (const inner of some) await walk(inner, [...path, entry.name], found);
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) new Panel(form);
