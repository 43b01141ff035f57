// The report: studies one below another, each with its networks, its members, its maps, and how it was made.

import {createCharacters} from "./characters.js";
import {decoded} from "./data.js";
import {button, element} from "./elements.js";
import {createExplorer} from "./explorer.js";
import {full} from "./figure.js";
import {createMap} from "./map.js";
import {createSpreadsheet} from "./spreadsheet.js";
import {createStore} from "./state.js";
import {createUnwarper} from "./unwarper.js";
import {classColour} from "./colours.js";
import {shapeName} from "./drawing.js";

const WORDS = [
  ["What is shown", "Each network maps the plane to its embedding. Left, the input plane: along each thin line a hidden unit switches on or off; each linear region between the " +
    "lines is mapped by one matrix; the ground is the predicted class, with its number. Right, the embedding: the same points and a square grid as the network maps them, " +
    "before the last layer divides them by straight lines (arrows: class vectors, numbered). Points that no straight line separates there cannot be classified correctly. " +
    "Play the training, play the way from the input to the embedding, or click into a picture to follow one point through the network. " +
    "Networks whose layers all map the plane to the plane (2 → 2) can be followed layer by layer."],
  ["Why width matters", "A hidden unit folds the plane along one line and is inactive on one side of it (a leaky one nearly so). A linear region without active units is mapped to " +
    "one point, a region with one active unit to a line: points that coincide there are never separated again. Two units make four regions; a hundred units make thousands, and " +
    "each can be rotated a little further than its neighbour. What a width can represent, what training at its best finds, and what one recipe finds are three things: where a " +
    "narrow network fails here, another learning rate or more steps may do."],
  ["Terms", "Width: number of hidden units. Seed: of the initial weights and of the data; networks that differ only in the seed show the variation by chance. Linear region: a part of " +
    "the plane on which the same units are active. Embedding: the two values of a point before the last layer. Class vector: a row of the last layer; the predicted class is the one " +
    "with the largest scalar product of point and class vector plus bias. Area factor: factor by which the map changes the area of a region. Nats: unit of the loss, −log of the " +
    "probability of the true class. Quartiles: a quarter of the networks lie below the band, a quarter above. Wilson: a confidence interval for a proportion."],
];

// `script` is the source of the trainer's worker.
export function startReport(root, data, script) {
  const look = createStore({theme: ""}, "", {theme: ["", "light", "dark"]}), pages = [];
  const setTheme = () => { if (look.get("theme")) document.documentElement.dataset.theme = look.get("theme"); };
  setTheme();
  const dark = () => button("light or dark", () => {
    const now = look.get("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    look.set({theme: now === "dark" ? "light" : "dark"});
    setTheme();
    for (const page of pages) page.redraw();
  });
  const many = data.studies.length > 1;
  root.append(element("header", {class: "controls"}, element("h1", {}, many ? "What width buys" : `What width buys: ${data.studies[0].title}`), dark(), button("full screen", () => full(document.documentElement))));
  if (many) root.append(element("nav", {"aria-label": "studies", class: "controls"}, ...data.studies.map(({title}, k) => element("a", {href: `#s${k}`}, title))));
  const sections = data.studies.map((study, k) => {
    const section = element("section", {id: `s${k}`, "aria-label": study.title}, element("h2", {class: many ? "" : "first"}, many ? `${study.title}: ${study.summary}` : study.summary),
      element("p", {class: "lead"}, study.headline[0]));
    root.append(section);
    return section;
  });
  // The words are there; numbers and pictures follow when they have been painted.
  requestAnimationFrame(() => setTimeout(() => data.studies.forEach((study, k) => pages.push(createPart(decoded(study), `s${k}.`, sections[k], {dark, script}))), 0));
  return pages;
}

// One study of the report.
function createPart(study, prefix, section, {dark, script}) {
  const page = {unwarper: null, explorer: null, maps: []}, extras = [];
  const add = (...children) => section.append(...children);
  if (study.nets) {
    page.unwarper = createUnwarper(prefix, study.nets, {dark, script, recordOf: id => recordOf(study.members, id)});
    add(page.unwarper.element);
    const classes = Math.max(...study.nets.nets.map(net => net.shapes.at(-1)[0]));
    add(element("p", {class: "caption classes"}, "Classes: ", ...Array.from({length: Math.min(8, classes)}, (_, k) => element("span", {}, element("span", {class: "class", style: `background:${classColour(k)}`}), `${k} ${shapeName(k)}`))));
    for (const [title, text] of WORDS) add(element("details", {class: "words"}, element("summary", {}, title), element("p", {}, text)));
  }
  for (const line of study.headline.slice(1)) add(element("p", {class: "lead"}, line));
  if (study.spreadsheet) { page.spreadsheet = createSpreadsheet(study.spreadsheet); add(element("h3", {}, "The spreadsheet of the lesson"), page.spreadsheet.element); extras.push(page.spreadsheet); }
  for (const {heading, map} of study.maps) {
    const made = createMap(map);
    page.maps.push(made);
    add(element("h3", {}, heading), made.element);
  }
  if (study.characters) { page.characters = createCharacters(prefix, study.characters); add(element("h3", {}, "What the networks write"), page.characters.element); }
  for (const {heading, description, svg} of study.pictures) add(element("h3", {}, heading), element("p", {class: "stamp"}, description),
    element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": heading}, element("img", {alt: description, class: "picture", src: `data:image/svg+xml;utf8,${encodeURIComponent(svg)}`})));
  page.explorer = createExplorer(`${prefix}all.`, study.members, id => page.unwarper?.pick(id) ?? false);
  add(element("h3", {}, "Every member, any measure"),
    element("details", {class: "words"}, element("summary", {}, "How to read it"), element("p", {}, "Each mark is a network. Choose the vertical and the horizontal axis; point at a mark for the network " +
      `and its curve (beside, in front of the networks that differ only in the seed)${study.nets ? "; click to show it above" : ""}. Line and band: median and quartiles.`)),
    page.explorer.element, element("h3", {}, "At the last step"), tableOf(study.table), ...study.notes.map(note => element("p", {class: "stamp"}, note)),
    element("h3", {}, "How it was made"), ...Object.entries(study.documents).map(([title, text]) => element("details", {}, element("summary", {}, title), element("pre", {tabindex: 0}, text))));
  page.redraw = () => { page.unwarper?.redraw(); page.explorer.redraw(); page.maps.forEach(map => map.redraw()); extras.forEach(extra => extra.redraw()); };
  return page;
}

// The loss that a study recorded of a member on the train split, where it is finite; null where it is not known.
function recordOf({ids, measures}, id) {
  const place = ids.indexOf(id), loss = measures.find(({name}) => name === "loss train");
  if (place < 0 || !loss) return null;
  const values = Array.from(loss.values.subarray(place * loss.steps.length, (place + 1) * loss.steps.length));
  const known = values.map((value, k) => [loss.steps[k], value]).filter(([, value]) => Number.isFinite(value));
  return known.length ? {steps: known.map(([step]) => step), loss: known.map(([, value]) => value)} : null;
}

const tableOf = ({heads, rows}) => element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "table of the last step"}, element("table", {},
  element("tr", {}, ...heads.map(head => element("th", {scope: "col"}, head))), ...rows.map(row => element("tr", {}, ...row.map(cell => element("td", {}, cell))))));
