// The key "/" leads to the search: to the field marked [data-search-key] that can be seen, or to the page of the link
// .site-search__link. A button [data-search-key-switch hidden] turns the key off in this browser and on again, for
// those who speak to their computer or press keys by chance; the cookie `search-key` remembers that.

const ONE_YEAR = 365 * 24 * 60 * 60;

function isOff() {
  return document.cookie.split("; ").includes("search-key=off");
}

function turn(off) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `search-key=off; Path=/; Max-Age=${off ? ONE_YEAR : 0}; SameSite=Lax${secure}`;
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isOff() || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const field = [...document.querySelectorAll("[data-search-key]")].find((one) => one.checkVisibility());
  const link = document.querySelector(".site-search__link");
  if (!field && !link) return;
  event.preventDefault();
  if (field) field.focus();
  else location.assign(link.href);
});

for (const button of document.querySelectorAll("[data-search-key-switch]")) {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(!isOff()));
  button.addEventListener("click", () => {
    turn(!isOff());
    button.setAttribute("aria-pressed", String(!isOff()));
  });
}
