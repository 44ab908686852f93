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

for (const button of document.querySelectorAll("[data-copy]")) {
  // Browsers offer the clipboard to secure pages only.
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
