// <textarea data-mention="/api/…/mentionable/">: offers names behind an @ while one types, in a list under the field.
// Arrow keys choose, Enter or Tab takes, Escape closes. Without it, a name is typed in full.

const PAUSE = 150;
const BEHIND_AT = /(?:^|[^\p{L}\p{N}_])@([^\n@]{1,60})$/u;
let lists = 0;

function bind(field) {
  const list = document.createElement("ul");
  const said = document.createElement("p");
  list.className = "mention-list";
  list.id = `mention-list-${++lists}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "People");
  list.hidden = true;
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  field.after(list, said);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);

  let timer = 0;
  let asked = 0;
  let chosen = 0;

  function close() {
    asked += 1;
    list.hidden = true;
    list.replaceChildren();
    said.textContent = "";
    field.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const options = [...list.children];
    chosen = (index + options.length) % options.length;
    options.forEach((option, place) => { option.setAttribute("aria-selected", String(place === chosen)); });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  }

  function take(option) {
    const before = field.value.slice(0, field.selectionStart);
    const typed = BEHIND_AT.exec(before);
    if (typed) {
      field.setRangeText(`${option.dataset.write} `, before.length - typed[1].length, before.length, "end");
    }
    close();
    field.focus();
  }

  function show(people) {
    list.replaceChildren(...people.map((person, place) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${place}`;
      option.setAttribute("role", "option");
      option.dataset.write = person.write;
      option.textContent = person.institution ? `${person.name}, ${person.institution}` : person.name;
      // Before the field loses the focus.
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); take(option); });
      return option;
    }));
    list.hidden = false;
    said.textContent = `${people.length} ${people.length === 1 ? "name" : "names"}; choose with the arrow keys.`;
    choose(0);
  }

  async function look() {
    const typed = BEHIND_AT.exec(field.value.slice(0, field.selectionStart));
    if (!typed) return close();
    const mine = ++asked;
    try {
      const address = `${field.dataset.mention}?${new URLSearchParams({ q: typed[1] })}`;
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      const people = response.ok ? await response.json() : [];
      if (mine !== asked) return undefined;
      return people.length ? show(people) : close();
    } catch {
      return close();
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

for (const field of document.querySelectorAll("textarea[data-mention]")) bind(field);
