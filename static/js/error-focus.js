// After a form was refused the first field in error takes the focus; the summary above it is read out as an alert.

document.querySelector("main [aria-invalid=true]")?.focus();
