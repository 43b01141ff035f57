// Elements of the page: a shorthand to make them, and controls that say their name and their value in words.

// element("p", {class: "note", onclick: f}, "text", child, …); properties that are functions are listeners.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter(child => child != null));
  return made;
}

// Set a text that may be shown already: unchanged text is left alone, so that it is not laid out anew.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// A slider over a list of values. {element, set(index, values)}; words(value, index) says a value.
export function slider({label, words, onchange}) {
  const shown = element("output"), input = element("input", {type: "range", min: 0, step: 1, "aria-label": label});
  let list = [];
  const say = () => {
    const text = words(list[Number(input.value)], Number(input.value));
    setText(shown, text);
    input.setAttribute("aria-valuetext", `${label} ${text}`);
  };
  input.addEventListener("input", () => { say(); onchange(Number(input.value)); });
  return {
    element: element("label", {class: "slider"}, element("span", {}, label, " ", shown), input),
    input,
    // Of a slider over whole numbers from 0: its end and where it stands, unless someone moves it.
    reach(last, index) {
      input.max = last;
      if (document.activeElement !== input || Number(input.value) > last) input.value = index;
      say();
    },
    set(index, values = list) {
      list = values;
      input.max = Math.max(1, values.length - 1);
      input.disabled = values.length < 2;
      input.value = index;
      say();
    },
  };
}

// A list to choose from. `options` are [value, text] pairs, or {group, options} of such.
export function select({label, options, onchange}) {
  const option = ([value, text]) => element("option", {value}, text);
  const input = element("select", {onchange: () => onchange(input.value)},
    ...options.map(one => (Array.isArray(one) ? option(one) : element("optgroup", {label: one.group}, ...one.options.map(option)))));
  return {element: element("label", {class: "field"}, element("span", {}, label), input), input, set(value) { input.value = value; }};
}

// A box to tick.
export function checkbox({label, onchange}) {
  const input = element("input", {type: "checkbox", onchange: () => onchange(input.checked)});
  return {element: element("label", {class: "check"}, input, " ", label), input, set(value) { input.checked = value; }};
}

// A field for a number; what is none, or outside of the limits, is said and not taken.
export function numberField({label, low, high, integer = false, onchange}) {
  const input = element("input", {type: "number", min: low, max: high, step: "any", inputmode: "decimal"});
  input.addEventListener("change", () => {
    const value = Number(input.value), fits = input.value.trim() !== "" && value >= low && value <= high && (!integer || Number.isInteger(value));
    input.setCustomValidity(fits ? "" : `${label}: ${integer ? "a whole number" : "a number"} from ${low} to ${high}`);
    if (fits) onchange(value); else input.reportValidity();
  });
  return {element: element("label", {class: "field"}, element("span", {}, label), input), input,
    set(value) { if (document.activeElement !== input) { input.value = value; input.setCustomValidity(""); } }};
}

export const button = (text, onclick, properties = {}) => element("button", {type: "button", onclick, ...properties}, text);

// Offer a file to be saved.
export function download(name, content, type) {
  const link = element("a", {href: URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Rows as CSV: a cell with a comma, a quote or a line end is quoted.
export const csv = rows => rows.map(row => row.map(cell => (/[",\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : cell)).join(",")).join("\n") + "\n";

// Whether someone prefers that nothing moves by itself.
export const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Whether the page has the room of a phone.
export const isNarrow = () => matchMedia("(max-width: 760px)").matches;
