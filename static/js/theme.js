// <button data-theme-toggle hidden>: switches between light and dark and remembers it in the cookie `theme`,
// which the server puts on <html data-theme> so that the next page does not flash. Choosing what the system
// prefers anyway forgets the choice again. Without JavaScript the system decides.

const root = document.documentElement;
const systemPrefersDark = window.matchMedia("(prefers-color-scheme: dark)");
const ONE_YEAR = 365 * 24 * 60 * 60;

function systemTheme() {
  return systemPrefersDark.matches ? "dark" : "light";
}

function remember(theme) {
  const age = theme ? ONE_YEAR : 0;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
}

function toggle() {
  const next = (root.dataset.theme || systemTheme()) === "dark" ? "light" : "dark";
  if (next === systemTheme()) {
    delete root.dataset.theme;
    remember("");
  } else {
    root.dataset.theme = next;
    remember(next);
  }
}

for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", toggle);
}
