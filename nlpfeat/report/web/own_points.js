// Points of one's own: clicked or dragged into an input plane, moved, removed, or read from a CSV.

import {MAX_CLASSES, MAX_POINTS, parsePoints} from "./datasets.js";
import {shapeName} from "./drawing.js";
import {button, element, select, setText} from "./elements.js";
import {whole} from "./numbers.js";
import {WINDOW} from "./scene.js";

const NEAR = 0.06, APART = 0.05;  // of a pointer to a point that it takes; of points that are dragged
const LARGEST_FILE = 30e6;        // bytes

// points() are the present ones, each {x, y, label}; onchange(points, text) takes others; cross() is the point that is followed.
export function createOwnPoints({points, cross, onchange}) {
  let tool = "add", label = 0, held = -1, last = null;
  const tools = select({label: "the pointer", options: [["add", "adds points"], ["move", "moves points"], ["erase", "removes points"], ["follow", "follows a point"]], onchange: value => { tool = value; }});
  const classes = select({label: "of class", options: Array.from({length: MAX_CLASSES}, (_, k) => [k, `${k} (${shapeName(k)})`]), onchange: value => { label = Number(value); }});
  const file = element("input", {type: "file", accept: ".csv,.tsv,.txt", onchange: () => { if (file.files[0]) read(file.files[0]); }});
  const status = element("p", {class: "note", role: "status"});
  const say = (text, warning = false) => { setText(status, text); status.classList.toggle("warning", warning); };

  const nearest = (x, y) => {
    let best = -1, most = NEAR;
    points().forEach((p, k) => { const d = Math.hypot(p.x - x, p.y - y); if (d < most) { most = d; best = k; } });
    return best;
  };
  const acts = {
    add(kind, x, y) {
      if (last && Math.hypot(last[0] - x, last[1] - y) < APART) return;
      if (points().length >= MAX_POINTS) { say(`At most ${whole(MAX_POINTS)} points fit here.`, true); return; }
      last = [x, y];
      onchange([...points(), {x, y, label}]);
    },
    move(kind, x, y) {
      if (kind === "down") held = nearest(x, y);
      if (held >= 0) onchange(points().map((p, k) => (k === held ? {...p, x, y} : p)));
    },
    erase(kind, x, y) {
      const k = nearest(x, y);
      if (k >= 0) onchange(points().filter((_, i) => i !== k));
    },
  };

  // Take a pointer's event on an input plane; whether it was taken.
  function onplane(kind, at) {
    if (tool === "follow") return false;
    if (kind === "up") { held = -1; last = null; }
    else acts[tool](kind, ...at.map(v => Number(Math.max(-WINDOW, Math.min(WINDOW, v)).toFixed(3))));
    return true;
  }

  // Read a file of points.
  async function read(chosen) {
    try {
      if (chosen.size > LARGEST_FILE) throw new Error(`${whole(chosen.size / 1e6)} MB; at most ${LARGEST_FILE / 1e6}`);
      const {points: found, names, notes} = parsePoints(await chosen.text());
      const listed = names.map((name, k) => `${k} = ${name}`).join(", ");
      onchange(found, `${[`${chosen.name}: ${whole(found.length)} points`, `classes ${listed.length > 120 ? `${listed.slice(0, 120)} …` : listed}`, ...notes].join("; ")}.`);
    } catch (error) {
      say(`${chosen.name} cannot be used: ${error.message}.`, true);
    }
    file.value = "";
  }
  for (const kind of ["dragover", "drop"])
    document.addEventListener(kind, event => {
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer?.files[0]) read(event.dataTransfer.files[0]);
    });

  return {
    onplane, read, say, status, setTool(value) { tool = value; tools.set(value); }, setClass(value) { label = value; classes.set(value); },
    element: element("div", {class: "controls own"}, tools.element, classes.element, button("add one at the cross", () => { last = null; acts.add("down", ...cross()); }), button("remove all", () => onchange([], "All points are removed.")),
      element("label", {class: "field"}, element("span", {}, "a CSV (or drop it on the page)"), file)),
  };
}
