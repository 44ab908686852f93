// <table data-choose="chosen">: choosing rows by keyboard and in ranges, for the form with that id.
// Shift with a click or with an arrow chooses everything in between, the arrows walk from box to box, X chooses the row
// one is in. A box in the head chooses all. Without it every box is an ordinary one, and a link chooses all.

function bind(table) {
  const form = document.getElementById(table.dataset.choose);
  const boxes = [...table.querySelectorAll("tbody input[type=checkbox][name=item]")];
  const all = table.querySelector("[data-choose-all]");
  const link = form?.querySelector("[data-choose-link]");
  const count = form?.querySelector("[data-choose-count]");
  const help = form?.querySelector("[data-choose-help]");
  if (!form || !boxes.length) return;
  let anchor = 0;

  function tell() {
    const chosen = boxes.filter((box) => box.checked).length;
    if (all) {
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    if (count) count.textContent = chosen ? `${chosen} of ${boxes.length} chosen.` : "Nothing chosen yet.";
  }

  function choose(from, to, value) {
    for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) boxes[place].checked = value;
    tell();
  }

  function walk(from, step, reaching) {
    const to = from + step;
    if (to < 0 || to >= boxes.length) return;
    if (reaching) {
      boxes[from].checked = true;
      choose(from, to, true);
    }
    boxes[to].focus();
  }

  table.addEventListener("click", (event) => {
    const place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey) choose(anchor, place, boxes[place].checked);
    anchor = place;
    tell();
  });

  table.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("tbody tr");
    const place = boxes.findIndex((box) => row?.contains(box));
    if (place < 0) return;
    if (event.key.toLowerCase() === "x") {
      if (event.shiftKey) choose(anchor, place, true);
      else choose(place, place, !boxes[place].checked);
      anchor = place;
    } else if (event.target === boxes[place] && event.key === "ArrowDown") {
      walk(place, 1, event.shiftKey);
    } else if (event.target === boxes[place] && event.key === "ArrowUp") {
      walk(place, -1, event.shiftKey);
    } else {
      return;
    }
    event.preventDefault();
  });

  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => choose(0, boxes.length - 1, all.checked));
  }
  link?.addEventListener("click", (event) => {
    event.preventDefault();
    choose(0, boxes.length - 1, true);
  });
  if (help) help.hidden = false;
  // A browser may bring back what was ticked before it left the page.
  tell();
}

for (const table of document.querySelectorAll("table[data-choose]")) bind(table);
