// <div data-spotlight="offered|required" data-spotlight-state="on|off">: while it is on, everything in it is dark but a
// strip, which follows the pointer, or is moved by the arrow keys. It closes when the pointer or the focus leaves, and
// when another window comes before this one. [data-spotlight-toggle] and s turn it on and off, unless it is required;
// the cookie `spotlight` lets the next page begin so. Without this module what is on stays dark as a whole.
// The strip jumps and never glides, so there is no motion to reduce. Screen readers read on: it is about eyes alone.

const ONE_YEAR = 365 * 24 * 60 * 60;
const STEP = 0.75;

function bind(place) {
  const isRequired = place.dataset.spotlight === "required";
  const viewer = place.closest("[data-viewer]");
  const stage = place.querySelector(".viewer__stage");
  const strip = place.querySelector("[data-spotlight-strip]");
  const said = viewer.querySelector("[data-viewer-said]");
  const toggle = viewer.querySelector("[data-spotlight-toggle]");
  let top = 0;
  let byKeys = false;

  const isOn = () => place.dataset.spotlightState === "on";

  function size() {
    return Math.min(Math.max(window.innerHeight * 0.14, 72), 144, place.clientHeight);
  }

  function open(at) {
    top = Math.min(Math.max(at, 0), Math.max(place.clientHeight - size(), 0));
    place.style.setProperty("--spot-top", `${top}px`);
    place.style.setProperty("--spot-size", `${size()}px`);
  }

  function close() {
    byKeys = false;
    place.style.setProperty("--spot-size", "0px");
  }

  function follow(event) {
    if (!isOn()) return;
    byKeys = false;
    open(event.clientY - place.getBoundingClientRect().top - size() / 2);
  }

  function move(step) {
    if (!byKeys) return begin();
    const furthest = place.clientHeight - size();
    if (top + step < 0 || top + step > furthest) stage.scrollTop += step;
    open(top + step);
    strip.scrollIntoView({ block: "nearest" });
  }

  // By keys it begins where the drawing can be seen.
  function begin() {
    byKeys = true;
    open(Math.max(-place.getBoundingClientRect().top, stage.offsetTop));
  }

  function ends(lowest) {
    byKeys = true;
    stage.scrollTop = lowest ? stage.scrollHeight : 0;
    open(lowest ? place.clientHeight : 0);
    strip.scrollIntoView({ block: "nearest" });
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (!isOn() || !event.target.closest(".viewer__stage") || event.target.closest("[role=application]")) return;
    const keys = {
      ArrowDown: () => move(size() * STEP),
      ArrowUp: () => move(-size() * STEP),
      PageDown: () => move(size() * 3),
      PageUp: () => move(-size() * 3),
      Home: () => ends(false),
      End: () => ends(true),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  // What has the focus must be seen: a link over the drawing, a part of a tree, a box that is being moved.
  function showFocused(event) {
    if (!isOn() || !place.contains(event.target)) return;
    if (event.target === stage) { if (event.type === "focusin" && stage.matches(":focus-visible")) begin(); return; }
    const at = event.target.getBoundingClientRect();
    byKeys = true;
    open(at.top - place.getBoundingClientRect().top - (size() - Math.min(at.height, size())) / 2);
  }

  function turn(on) {
    place.dataset.spotlightState = on ? "on" : "off";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `spotlight=${on ? "on" : ""}; Path=/; Max-Age=${on ? ONE_YEAR : 0}; SameSite=Lax${secure}`;
    toggle.setAttribute("aria-pressed", String(on));
    said.textContent = on ? "Spotlight on. Arrow up and down move the strip." : "Spotlight off.";
    close();
    if (on) { stage.focus(); begin(); }
  }

  place.addEventListener("pointermove", follow);
  place.addEventListener("pointerdown", follow);
  place.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && !byKeys) close(); });
  place.addEventListener("keydown", onKey);
  place.addEventListener("keyup", (event) => { if (event.target !== stage) showFocused(event); });
  place.addEventListener("focusin", showFocused);
  place.addEventListener("focusout", (event) => { if (!place.contains(event.relatedTarget)) close(); });
  window.addEventListener("blur", close);
  document.addEventListener("visibilitychange", close);
  viewer.addEventListener("viewer:turned", () => { if (isOn() && byKeys) ends(false); });
  if (isRequired || !toggle) return;
  toggle.hidden = false;
  toggle.setAttribute("aria-pressed", String(isOn()));
  toggle.addEventListener("click", () => turn(!isOn()));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "s" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    event.preventDefault();
    turn(!isOn());
  });
}

for (const place of document.querySelectorAll("[data-spotlight]")) bind(place);
