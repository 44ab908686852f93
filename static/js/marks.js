// [data-marks]: what is said about the page that the viewer shows. Marked parts ([data-region], fractions of the page)
// become links over the picture, numbered like the comments. [data-marks-draw] lets one draw a box with the pointer, or
// move it with the arrow keys and size it with Shift; the four numbers of the form follow, and may be typed as well.
// Without this module the numbers do, and comments say in words which part they are about.

const SIDES = ["left", "top", "width", "height"];
const SMALLEST = 1;
const BEGINS = { left: 35, top: 35, width: 30, height: 15 };
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function bind(section) {
  const viewer = document.querySelector("[data-viewer]");
  const picture = viewer.querySelector("[data-viewer-picture]");
  const sheet = viewer.querySelector("[data-viewer-sheet]");
  const announced = viewer.querySelector("[data-viewer-said]");
  let said = section.querySelector("[data-marks-said]");
  viewer.addEventListener("viewer:turned", fetchSaid);
  if (!picture || !sheet) return;

  const layer = document.createElement("div");
  layer.className = "marks";
  sheet.append(layer);
  const drawer = section.querySelector("[data-marks-part]") && bindDrawing(section, layer, announced);
  picture.addEventListener("load", placeLayer);
  window.addEventListener("hashchange", lookThere);
  if (picture.complete && picture.naturalWidth) placeLayer();

  // The layer lies on the page alone: below it is the strip with the watermark.
  function placeLayer() {
    const share = Number(picture.dataset.pageHeight) / picture.naturalHeight;
    layer.hidden = !(share > 0 && share <= 1);
    layer.style.blockSize = `${share * 100}%`;
    showMarks();
  }

  function showMarks() {
    for (const mark of layer.querySelectorAll(".mark")) mark.remove();
    if (layer.hidden) return;
    for (const one of said.querySelectorAll("[data-region]")) {
      layer.append(markOf(one));
      const jump = one.querySelector("[data-marks-jump]");
      jump.hidden = false;
      jump.onclick = (event) => { event.preventDefault(); lead(jump.hash); };
    }
    lookThere();
  }

  function markOf(one) {
    const mark = document.createElement("a");
    const number = one.querySelector("[data-marks-number]").textContent;
    mark.className = "mark";
    mark.id = `part-${one.dataset.comment}`;
    mark.href = `#comment-${one.dataset.comment}`;
    mark.setAttribute("aria-label", `Part ${number}: to the comment of ${one.dataset.author}`);
    const shown = document.createElement("span");
    shown.className = "mark__number";
    shown.textContent = number;
    mark.append(shown);
    put(mark, one.dataset.region.split(" ").map((side) => Number(side) * 100));
    return mark;
  }

  // An address that ends in the id of a part leads there, also when the part came after the page.
  function lookThere() {
    if (location.hash.startsWith("#part-")) lead(location.hash);
  }

  function lead(hash) {
    const mark = document.getElementById(hash.slice(1));
    if (!mark) return;
    mark.scrollIntoView({ block: "center", inline: "center" });
    mark.focus({ preventScroll: true });
    for (const other of layer.querySelectorAll(".mark--here")) other.classList.remove("mark--here");
    mark.classList.add("mark--here");
  }

  async function fetchSaid() {
    if (drawer) drawer.clear();
    const url = new URL(said.dataset.url, location.href);
    const page = viewer.querySelector("[name=page]").value;
    url.searchParams.set("page", page);
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      if (!answer.ok) throw new Error("not told");
      const fetched = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (viewer.querySelector("[name=page]").value !== page) return;
      const next = fetched.querySelector("[data-marks-said]");
      said.replaceWith(next);
      said = next;
    } catch {
      // What was said about another page must not stand beside this one.
      said.replaceChildren("What is said about this page could not be fetched. Reload it to see that.");
    }
    showMarks();
  }
}

function put(element, [left, top, width, height]) {
  element.style.insetInlineStart = `${left}%`;
  element.style.insetBlockStart = `${top}%`;
  element.style.inlineSize = `${width}%`;
  element.style.blockSize = `${height}%`;
}

function bindDrawing(section, layer, announced) {
  const part = section.querySelector("[data-marks-part]");
  const draw = section.querySelector("[data-marks-draw]");
  const clearing = section.querySelector("[data-marks-clear]");
  const fields = SIDES.map((side) => part.querySelector(`[name=${side}]`));
  const text = section.querySelector("textarea");
  const box = document.createElement("div");
  let from = null;
  box.className = "mark-box";
  box.tabIndex = 0;
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", "The part that you mark. Arrow keys move it, Shift and arrow keys size it, Enter leads to your comment, Escape takes it away");
  for (const hidden of part.querySelectorAll("[hidden]")) hidden.hidden = false;

  function sides() {
    return fields.map((field) => (field.value === "" ? NaN : Number(field.value)));
  }

  // From what is typed: nothing is shown until the four numbers lie on the page.
  function showBox() {
    const [left, top, width, height] = sides();
    const fits = left >= 0 && top >= 0 && width > 0 && height > 0 && left + width <= 100 && top + height <= 100;
    if (fits) put(box, [left, top, width, height]);
    if (fits && !box.isConnected) layer.append(box);
    if (!fits) box.remove();
  }

  function set(left, top, width, height) {
    [left, top, width, height].forEach((side, place) => { fields[place].value = String(Math.round(side * 100) / 100); });
    showBox();
  }

  function say() {
    const [left, top, width, height] = sides();
    announced.textContent = `${left} % from the left, ${top} % from the top, ${width} % wide, ${height} % high`;
  }

  function clear() {
    for (const field of fields) field.value = "";
    layer.classList.remove("marks--drawing");
    box.remove();
  }

  function begin() {
    part.open = true;
    if (!box.isConnected) set(BEGINS.left, BEGINS.top, BEGINS.width, BEGINS.height);
    layer.classList.add("marks--drawing");
    box.scrollIntoView({ block: "nearest" });
    box.focus({ preventScroll: true });
    announced.textContent = "A box lies on the page.";
  }

  function finish() {
    layer.classList.remove("marks--drawing");
    text.focus();
  }

  function onKey(event) {
    const move = MOVES[event.key];
    // The viewer turns pages by the same keys.
    event.stopPropagation();
    if (event.key === "Enter") finish();
    else if (event.key === "Escape") { clear(); draw.focus(); }
    else if (move && event.shiftKey) size(...move);
    else if (move) shift(...move);
    else return;
    event.preventDefault();
  }

  function shift(x, y) {
    const [left, top, width, height] = sides();
    set(within(left + x, 0, 100 - width), within(top + y, 0, 100 - height), width, height);
    say();
  }

  function size(x, y) {
    const [left, top, width, height] = sides();
    set(left, top, within(width + x, SMALLEST, 100 - left), within(height + y, SMALLEST, 100 - top));
    say();
  }

  function place(event) {
    const at = layer.getBoundingClientRect();
    const x = ((event.clientX - at.left) / at.width) * 100;
    const y = ((event.clientY - at.top) / at.height) * 100;
    return [within(x, 0, 100), within(y, 0, 100)];
  }

  function stretch(event) {
    if (!from) return;
    const to = place(event);
    const [left, top] = [0, 1].map((way) => Math.min(from[way], to[way], 100 - SMALLEST));
    const [width, height] = [0, 1].map((way) => Math.max(Math.abs(to[way] - from[way]), SMALLEST));
    set(left, top, Math.min(width, 100 - left), Math.min(height, 100 - top));
  }

  layer.addEventListener("pointerdown", (event) => {
    if (!layer.classList.contains("marks--drawing") || event.button !== 0) return;
    event.preventDefault();
    layer.setPointerCapture(event.pointerId);
    from = place(event);
  });
  layer.addEventListener("pointermove", stretch);
  layer.addEventListener("pointerup", (event) => {
    if (!from) return;
    stretch(event);
    from = null;
    say();
    layer.classList.remove("marks--drawing");
    box.focus({ preventScroll: true });
  });
  layer.addEventListener("pointercancel", () => { from = null; });
  box.addEventListener("keydown", onKey);
  draw.addEventListener("click", begin);
  clearing.addEventListener("click", clear);
  for (const field of fields) field.addEventListener("input", showBox);
  showBox();
  return { clear };
}

function within(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

for (const section of document.querySelectorAll("[data-marks]")) bind(section);
