// [data-link] holds a form that takes the token of a link. It stands behind the # of the address: it is put into the
// form and sent, and taken out of the address, so that it stays in no history.

const SHORTEST = 20;

function open(form) {
  const token = location.hash.slice(1);
  if (token.length < SHORTEST) return;
  history.replaceState(null, "", location.pathname);
  form.elements.token.value = token;
  form.requestSubmit();
}

const form = document.querySelector("[data-link] form");
if (form) {
  open(form);
  // The same page is open already, and another link is followed.
  window.addEventListener("hashchange", () => open(form));
}
