// [data-confirm="question"]: asks in the page's dialog before a form is sent or a link's deed is done.
// Without JavaScript a form is sent at once and a link leads to its confirmation page, so a deed that must
// never happen by accident belongs behind a link.

const dialog = document.querySelector("[data-confirm-dialog]");
let confirmed = null;

function csrfToken() {
  return document.querySelector("input[name=csrfmiddlewaretoken]");
}

function ask(question, label, onYes) {
  dialog.querySelector(".dialog__text").textContent = question;
  dialog.querySelector("button[value=yes]").textContent = label;
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && onYes(), { once: true });
  dialog.showModal();
}

function postTo(address) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  form.append(csrfToken().cloneNode());
  document.body.append(form);
  form.submit();
}

function pressAgain(button) {
  confirmed = button;
  button.click();
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-confirm]");
  if (!element || !dialog) return;
  if (element === confirmed) {
    confirmed = null;
    return;
  }
  // Without a token to send, the link's own confirmation page is the way.
  if (element.href && !csrfToken()) return;
  event.preventDefault();
  event.stopPropagation();
  const { confirm: question, confirmLabel: label = "Confirm" } = element.dataset;
  ask(question, label, () => (element.href ? postTo(element.href) : pressAgain(element)));
}, true);
