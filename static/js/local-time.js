// <time datetime="…Z" data-local="full|date|time">: the server writes UTC, the reader sees their own zone,
// and UTC stays in the title because that is what the record says.

const SHAPES = {
  full: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
};

// A time alone stands under the heading of its UTC day; where the reader's day is another one, it says so.
function shapeOf(element, moment) {
  const shape = SHAPES[element.dataset.local] || SHAPES.full;
  const sameDay = moment.getDate() === moment.getUTCDate();
  return shape !== SHAPES.time || sameDay ? shape : { day: "numeric", month: "short", ...shape };
}

function localise(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.valueOf()) || element.dataset.localDone) return;
  const shape = shapeOf(element, moment);
  element.title = `${element.dateTime.replace("T", " ").replace("Z", "")} UTC`;
  element.textContent = new Intl.DateTimeFormat("en-GB", shape).format(moment);
  element.dataset.localDone = "yes";
}

function localiseAll(root) {
  for (const element of root.querySelectorAll("time[data-local]")) localise(element);
}

localiseAll(document);
// htmx brings new pieces of a page; they are treated like the first ones.
document.addEventListener("htmx:load", (event) => localiseAll(event.target.parentNode || document));
