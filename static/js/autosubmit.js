// <form data-autosubmit>: sends a filter form when a choice changes and a moment after typing stops.
// Its [data-autosubmit-button] is for those without JavaScript and disappears here.

const PAUSE_AFTER_TYPING = 500;

function bind(form) {
  let timer = 0;
  for (const button of form.querySelectorAll("[data-autosubmit-button]")) button.hidden = true;
  form.addEventListener("change", (event) => {
    if (event.target.type !== "search" && event.target.type !== "text") form.requestSubmit();
  });
  form.addEventListener("input", (event) => {
    if (event.target.type !== "search" && event.target.type !== "text") return;
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(), PAUSE_AFTER_TYPING);
  });
}

for (const form of document.querySelectorAll("form[data-autosubmit]")) bind(form);
