// [data-viewer]: arrows turn pages, + and - change the size, g goes to the page field, n and p to the scans after and
// before in the folder, digits choose a window. Pages beside the one that is shown are fetched ahead and kept in memory
// only. After a page was turned, `viewer:turned` is sent. While a page can be seen, data-told-url is told which, so that the record knows for how long it was shown.
// Without this module every control is a link.

const KEPT = 3;
const TOLD_EVERY = 20_000;
const NOBODY_AFTER = 5 * 60_000;

function bind(viewer) {
  const picture = viewer.querySelector("[data-viewer-picture]");
  const field = viewer.querySelector("[name=page]");
  const said = viewer.querySelector("[data-viewer-said]");
  const previous = viewer.querySelector("[data-viewer-previous]");
  const next = viewer.querySelector("[data-viewer-next]");
  const pages = Number(viewer.dataset.pages);
  const drawings = new Map();
  let shown = Number(field.value);
  let wanted = shown;

  function at(address, page) {
    const url = new URL(address, location.href);
    url.searchParams.set("page", page);
    return url;
  }

  async function fetchDrawing(page) {
    const answer = await fetch(at(picture.dataset.source, page), { credentials: "same-origin" });
    const kind = answer.headers.get("Content-Type") || "";
    if (!answer.ok || !kind.startsWith("image/")) throw new Error("not shown");
    const height = answer.headers.get("Ithaca-Page-Height") || "";
    return { source: URL.createObjectURL(await answer.blob()), height };
  }

  // Below the page stands a strip with the watermark: data-page-height says how many lines of the picture are the page.
  function put({ source, height }) {
    picture.dataset.pageHeight = height;
    picture.src = source;
  }

  async function showFirst() {
    try {
      put(await drawing(shown));
    } catch {
      // The browser says by the alternative text that there is none; so does the page, after a reload.
      picture.src = picture.dataset.source;
    }
    fetchBeside();
  }

  function drawing(page) {
    if (!drawings.has(page)) {
      const coming = fetchDrawing(page);
      coming.catch(() => drawings.delete(page));
      drawings.set(page, coming);
    }
    return drawings.get(page);
  }

  function forgetFarAway() {
    for (const [page, coming] of drawings) {
      if (Math.abs(page - shown) < KEPT) continue;
      drawings.delete(page);
      coming.then(({ source }) => URL.revokeObjectURL(source), () => {});
    }
  }

  async function fetchBeside() {
    for (const page of [shown + 1, shown - 1]) {
      if (page < 1 || page > pages) continue;
      try {
        await drawing(page);
      } catch {
        return;
      }
    }
  }

  function point(link, page) {
    if (page < 1 || page > pages) {
      link.removeAttribute("href");
      link.setAttribute("aria-disabled", "true");
    } else {
      link.href = at(location.href, page);
      link.removeAttribute("aria-disabled");
    }
  }

  function say(page) {
    const noun = viewer.dataset.noun;
    const words = `${noun[0].toUpperCase()}${noun.slice(1)} ${page} of ${pages}`;
    said.textContent = words;
    picture.alt = picture.alt.replace(/^\w+ \d+ of \d+/, words);
  }

  async function turn(page) {
    wanted = page;
    picture.dataset.waiting = "";
    let drawn;
    try {
      drawn = await drawing(page);
    } catch {
      // The whole page says why: the right may be gone, or this page cannot be shown.
      location.assign(at(location.href, page));
      return;
    }
    if (wanted !== page) return;
    put(drawn);
    delete picture.dataset.waiting;
    shown = page;
    field.value = page;
    history.replaceState(null, "", at(location.href, page));
    for (const hidden of document.querySelectorAll("form input[type=hidden][name=page]")) hidden.value = page;
    turnLinks();
    say(page);
    viewer.dispatchEvent(new Event("viewer:turned"));
    forgetFarAway();
    fetchBeside();
  }

  function turnLinks() {
    point(previous, shown - 1);
    point(next, shown + 1);
    for (const link of viewer.querySelectorAll("[data-viewer-smaller][href], [data-viewer-larger][href]")) {
      link.href = at(link.href, shown);
    }
  }

  function follow(link) {
    if (link && link.hasAttribute("href")) link.click();
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const keys = {
      ArrowRight: () => follow(next),
      ArrowLeft: () => follow(previous),
      "+": () => follow(viewer.querySelector("[data-viewer-larger]")),
      "=": () => follow(viewer.querySelector("[data-viewer-larger]")),
      "-": () => follow(viewer.querySelector("[data-viewer-smaller]")),
      g: () => field.select(),
      n: () => follow(viewer.querySelector("[data-viewer-after]")),
      p: () => follow(viewer.querySelector("[data-viewer-before]")),
    };
    const deed = keys[event.key] || choosesWindow(event.key);
    if (!deed || scrollsSideways(event)) return;
    event.preventDefault();
    deed();
  }

  // 1 is the first window of the list, and so on.
  function choosesWindow(key) {
    const list = viewer.querySelector("select[name=window]");
    const chosen = list && /^[1-9]$/.test(key) && list.options[Number(key) - 1];
    if (!chosen) return null;
    return () => {
      list.value = chosen.value;
      list.form.requestSubmit();
    };
  }

  // A drawing wider than the stage is moved with the arrows first.
  function scrollsSideways(event) {
    const stage = event.target.closest(".viewer__stage");
    return stage && event.key.startsWith("Arrow") && stage.scrollWidth > stage.clientWidth;
  }

  document.addEventListener("keydown", onKey);
  tellWhatIsShown(viewer, () => shown);
  if (!picture) return;
    for (const [link, step] of [[previous, -1], [next, 1]]) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !link.hasAttribute("href")) return;
      event.preventDefault();
      turn(shown + step);
    });
  }
  showFirst();
}

// Tells the page, and nothing else. Nobody is taken to look who has another window before them, or touched nothing for
// five minutes. The server counts by its own clock.
function tellWhatIsShown(viewer, page) {
  const address = viewer.dataset.toldUrl;
  const token = viewer.querySelector("input[name=csrfmiddlewaretoken]");
  if (!address || !token) return;
  let touched = Date.now();
  let toldAt = 0;
  let said = true;

  function tell(event) {
    const seen = document.visibilityState === "visible" && event?.type !== "pagehide";
    const looks = seen && Date.now() - touched < NOBODY_AFTER;
    if (!looks && !said) return;
    said = looks;
    const body = new URLSearchParams({ page: looks ? page() : "" });
    const headers = { "X-CSRFToken": token.value };
    // What nobody's hand caused must not keep a session awake.
    if (touched < toldAt) headers["Ithaca-By-Itself"] = "yes";
    toldAt = Date.now();
    fetch(address, { method: "POST", body, headers, credentials: "same-origin", keepalive: true }).catch(() => {});
  }

  function touch() {
    touched = Date.now();
    if (!said) tell();
  }

  for (const kind of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove"]) {
    document.addEventListener(kind, touch, { passive: true });
  }
  document.addEventListener("visibilitychange", tell);
  window.addEventListener("pagehide", tell);
  viewer.addEventListener("viewer:turned", tell);
  setInterval(() => tell(), TOLD_EVERY);
  tell();
}

for (const viewer of document.querySelectorAll("[data-viewer]")) bind(viewer);
