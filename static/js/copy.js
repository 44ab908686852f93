// <button data-copy="value" hidden>: puts the value on the clipboard and says so in its [data-copy-state].

const SHOWN_FOR = 2000;

async function copy(button) {
  const state = button.querySelector("[data-copy-state]");
  const before = state.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    state.textContent = "Copied";
  } catch {
    state.textContent = "Not allowed by the browser";
  }
  setTimeout(() => { state.textContent = before; }, SHOWN_FOR);
}

function reveal(root) {
  // Browsers offer the clipboard to secure pages only.
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

reveal(document);
// htmx brings new pieces of a page; they are treated like the first ones.
document.addEventListener("htmx:load", (event) => reveal(event.target));
