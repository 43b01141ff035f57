// Maps of named points, such as words or films, side by side: zoom, search, the nearest names of the one that is clicked, coordinates as CSV.

import {SHAPES} from "./drawing.js";
import {button, csv, download, element, setText} from "./elements.js";
import {beforeNextFrame, createFigure} from "./figure.js";
import {short} from "./numbers.js";

const MAX_LABELS = 120, LISTED = 12, LETTER = 6.4, LINE = 14;
const MARKERS = {circle: 0, triangle: 1, square: 2, diamond: 3, inverted_triangle: 4, plus: 5, x: 6, star: 7};

// map: {kind, panels: [{title, x, y, line, neighbours}], names, columns, colours, markers, weights, about}. Neighbours are the indices of the nearest
// names of each in the whole space, nearest first, `per` of each.
export function createMap(map) {
  const {kind, names, panels} = map, columns = Object.keys(map.columns), order = names.map((_, i) => i).sort((a, b) => map.weights[b] - map.weights[a]);
  let chosen = new Set(), clicked = -1;
  const views = panels.map((panel, number) => createView(panel, number));
  const found = element("p", {class: "note", role: "status"}), near = element("div", {class: "near"});
  const field = element("input", {type: "search", placeholder: `search ${kind}s`, "aria-label": `search ${kind}s`, oninput: () => search(field.value)});

  function createView(panel, number) {
    const home = homeOf(panel);
    const view = {...home, panel, placed: []};
    view.figure = createFigure({name: () => `${kind}-map-${number + 1}`, label: panel.title, keys: true, paint: (...given) => paint(view, ...given),
      ...(panel.line ? {height: () => 250} : {ratio: 0.92})});
    setText(view.figure.caption, panel.title);
    view.figure.element.title = panel.title;
    view.redraw = beforeNextFrame(() => view.figure.paint());
    listen(view, home);
    return view;
  }
  const inked = (colour, theme) => (colour.toLowerCase() === "#1a1a1a" ? theme.ink : colour);

  function paint(view, pen, width, height, theme) {
    const {panel: {x, y}, left, right, low, high} = view, line = view.panel.line;
    const across = i => (x[i] - left) / (right - left) * width, up = i => height - (line ? 26 : 0) - (y[i] - low) / (high - low) * (height - (line ? 26 : 0));
    const dim = chosen.size > 0;
    for (const pass of dim ? [false, true] : [null]) {
      const groups = new Map();
      for (let k = order.length - 1; k >= 0; k--) {
        const i = order[k];
        if (pass !== null && chosen.has(i) !== pass) continue;
        const key = `${map.colours[i]} ${map.markers[i]}`;
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(i);
      }
      for (const [key, some] of groups) {
        const [colour, marker] = key.split(" "), shape = SHAPES[MARKERS[marker] ?? 0], size = pass ? 4.5 : 3;
        pen.fillStyle = inked(colour, theme);
        pen.globalAlpha = pass === false ? 0.12 : pass ? 1 : 0.6;
        pen.beginPath();
        for (const i of some) {
          const px = across(i), py = up(i);
          if (px < -9 || px > width + 9 || py < -9 || py > height + 9) continue;
          shape.forEach(([a, b], c) => { if (c) pen.lineTo(px + size * a, py + size * b); else pen.moveTo(px + size * a, py + size * b); });
        }
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
    const taken = paintEnds(view.panel, pen, width, height, theme);
    if (line) {
      pen.strokeStyle = theme.muted; pen.fillStyle = theme.muted; pen.lineWidth = 1; pen.font = "12px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "top";
      pen.beginPath(); pen.moveTo(0, height - 24); pen.lineTo(width, height - 24); pen.stroke();
      for (const share of [0.05, 0.275, 0.5, 0.725, 0.95]) pen.fillText(short(left + share * (right - left)), share * width, height - 20);
    }
    paintLabels(view, pen, width, height, across, up, theme, taken);
    view.placed = names.map((_, i) => [across(i), up(i)]);
  }

  // What lies at the ends of the axes: left, right, below, above. Returns the boxes that it takes.
  function paintEnds({ends, line}, pen, width, height, theme) {
    const taken = [];
    pen.font = "italic 12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.lineJoin = "round"; pen.lineWidth = 4; pen.strokeStyle = theme.background; pen.fillStyle = theme.accent;
    const write = (text, x, y, align) => {
      const wide = LETTER * text.length, left = align === "left" ? x : align === "right" ? x - wide : x - wide / 2;
      pen.textAlign = align;
      pen.strokeText(text, x, y);
      pen.fillText(text, x, y);
      taken.push([left, y - LINE / 2 - 2, left + wide, y + LINE / 2 + 2]);
    };
    const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
    ends.forEach((text, k) => {
      const parts = text.split("; ").map(part => cut(part, Math.floor(width / 2 / LETTER) - 4)), middle = line ? 24 : height / 2;
      if (k < 2) parts.forEach((part, row) => write(k ? `${part} →` : `← ${part}`, k ? width - 4 : 4, middle + (LINE + 3) * (row - 1), k ? "right" : "left"));
      else write(cut(`${k === 2 ? "↓" : "↑"} ${text}`, Math.floor(width / LETTER) - 2), width / 2, k === 2 ? height - 9 : 10, "center");
    });
    return taken;
  }

  // The names that do not overlap: chosen ones first, then those of the largest weight.
  function paintLabels(view, pen, width, height, across, up, theme, taken) {
    const boxes = [...taken], first = [...chosen].sort((a, b) => map.weights[b] - map.weights[a]);
    pen.font = "12px system-ui, sans-serif"; pen.textAlign = "left"; pen.textBaseline = "alphabetic";
    view.labelled = [];
    for (const i of [...first, ...(chosen.size ? [] : order)]) {
      if (boxes.length >= MAX_LABELS + taken.length) break;
      const px = across(i) + 6, py = up(i) - 4, box = [px, py - LINE + 3, px + LETTER * names[i].length, py + 3];
      if (box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height - (view.panel.line ? 26 : 0)) continue;
      if (boxes.some(b => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
      boxes.push(box);
      view.labelled.push(i);
      pen.fillStyle = i === clicked ? theme.accent : theme.ink;
      pen.fillText(names[i], px, py);
    }
    view.figure.describe(`${view.panel.title}. ${names.length} ${kind}s; plus and minus zoom, arrows move, and the field above searches.`);
  }

  function listen(view, home) {
    const {canvas} = view.figure;
    let drag = null;
    const zoom = (by, px, py) => {
      if (view.panel.line) py = null;
      const w = view.right - view.left, h = view.high - view.low, sx = view.left + px * w;
      Object.assign(view, {left: sx - px * w * by, right: sx + (1 - px) * w * by});
      if (py !== null) { const sy = view.high - py * h; Object.assign(view, {high: sy + py * h * by, low: sy - (1 - py) * h * by}); }
      view.redraw();
    };
    canvas.addEventListener("wheel", event => {
      event.preventDefault();
      const [px, py] = view.figure.at(event);
      zoom(Math.exp(event.deltaY / 400), px / view.figure.width, py / view.figure.height);
    }, {passive: false});
    canvas.addEventListener("pointerdown", event => { drag = {at: view.figure.at(event), start: {...view}, moved: false}; canvas.setPointerCapture?.(event.pointerId); });
    canvas.addEventListener("pointermove", event => {
      const [px, py] = view.figure.at(event);
      if (!drag) { hover(view, px, py, event); return; }
      if (Math.hypot(px - drag.at[0], py - drag.at[1]) > 4) drag.moved = true;
      if (!drag.moved) return;
      const dx = (px - drag.at[0]) / view.figure.width * (drag.start.right - drag.start.left), dy = view.panel.line ? 0 : (py - drag.at[1]) / view.figure.height * (drag.start.high - drag.start.low);
      Object.assign(view, {left: drag.start.left - dx, right: drag.start.right - dx, low: drag.start.low + dy, high: drag.start.high + dy});
      view.redraw();
    });
    canvas.addEventListener("pointerup", event => { if (drag && !drag.moved) click(nearestTo(view, ...view.figure.at(event))); drag = null; });
    canvas.addEventListener("pointercancel", () => { drag = null; });
    canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
    canvas.addEventListener("dblclick", () => { Object.assign(view, home); view.redraw(); });
    canvas.addEventListener("keydown", event => {
      const w = 0.1 * (view.right - view.left), h = 0.1 * (view.high - view.low);
      const move = {ArrowLeft: [-w, 0], ArrowRight: [w, 0], ArrowUp: [0, h], ArrowDown: [0, -h]}[event.key];
      if (event.key === "+" || event.key === "=") zoom(0.8, 0.5, 0.5);
      else if (event.key === "-") zoom(1.25, 0.5, 0.5);
      else if (event.key === "0") { Object.assign(view, home); view.redraw(); }
      else if (move) { Object.assign(view, {left: view.left + move[0], right: view.right + move[0], low: view.low + move[1], high: view.high + move[1]}); view.redraw(); }
      else return;
      event.preventDefault();
    });
  }
  const nearestTo = (view, px, py) => {
    let best = -1, most = 12;
    view.placed.forEach(([x, y], i) => { const d = Math.hypot(x - px, y - py); if (d < most) { most = d; best = i; } });
    return best;
  };
  const tip = element("div", {class: "tip", hidden: true});
  function hover(view, px, py, event) {
    const i = nearestTo(view, px, py);
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.replaceChildren(element("b", {}, names[i]), ...columns.map(column => element("div", {}, `${column}: ${format(map.columns[column][i])}`)));
    tip.style.left = `${Math.min(innerWidth - 220, event.clientX + 14)}px`;
    tip.style.top = `${event.clientY + 14}px`;
  }

  // The nearest names of one, on each map, in the whole space.
  function click(i) {
    clicked = i;
    near.replaceChildren();
    if (i < 0) { chosen = new Set(); redraw(); return; }
    chosen = new Set([i]);
    for (const {panel} of views) {
      if (!panel.neighbours) continue;
      const list = Array.from(panel.neighbours.subarray(i * map.per, (i + 1) * map.per));
      list.forEach(k => chosen.add(k));
      near.append(element("p", {}, element("b", {}, `Nearest to ${names[i]}`), `, ${panel.title.split(":")[0]}: ${list.map(k => names[k]).join(", ")}`));
    }
    if (!near.childElementCount) near.append(element("p", {}, element("b", {}, names[i]), `: ${columns.map(column => `${column} ${format(map.columns[column][i])}`).join(", ")}`));
    redraw();
  }
  // Choose the names that equal the text, else those that begin with it, else those that contain it.
  function search(value) {
    const text = value.trim().toLowerCase(), lower = names.map(name => name.toLowerCase()), where = fits => lower.flatMap((name, i) => (fits(name) ? [i] : []));
    let hits = where(name => name === text);
    if (text && !hits.length) hits = where(name => name.startsWith(text));
    if (text.length > 2 && !hits.length) hits = where(name => name.includes(text));
    clicked = -1;
    near.replaceChildren();
    if (hits.length === 1 && panels[0].neighbours) click(hits[0]);
    else { chosen = new Set(text ? hits : []); redraw(); }
    const listed = hits.slice(0, LISTED).map(i => names[i]).join(", ") + (hits.length > LISTED ? " …" : "");
    setText(found, !text ? "" : hits.length ? `${hits.length} found: ${listed}` : "no such name on this map");
  }
  const redraw = () => views.forEach(view => view.figure.paint());
  const clear = () => { field.value = ""; setText(found, ""); click(-1); };
  const save = () => {
    const heads = [kind, ...columns, ...panels.flatMap(({title}) => [`${title}: x`, `${title}: y`])];
    download(`${kind}_map.csv`, csv([heads, ...names.map((name, i) => [name, ...columns.map(column => map.columns[column][i]), ...panels.flatMap(({x, y}) => [x[i], y[i]])])]), "text/csv");
  };
  return {
    views, search, click, clear, save, get chosen() { return [...chosen].sort((a, b) => a - b); }, found, near,
    redraw,
    element: element("div", {class: "map"}, element("details", {class: "words"}, element("summary", {}, "How to read it"), element("p", {}, map.about)),
      element("div", {class: "controls"}, field, button("Clear", clear), button("Coordinates as CSV", save), found), near,
      element("div", {class: panels.length > 1 ? "maps" : "maps one"}, ...views.map(view => view.figure.element)), tip),
  };
}

const format = value => (typeof value === "number" ? short(value) : value);

// The part of the plane that a map shows at first.
function homeOf({x, y, line}) {
  const range = values => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
  const [[left, right], [low, high]] = [range(x), range(y)], wide = Math.max(right - left, 1e-3 * Math.max(high - low, 1)), tall = Math.max(high - low, 1e-3 * Math.max(right - left, 1));
  return {left: left - 0.06 * wide, right: right + 0.06 * wide, low: low - (line ? 0.04 : 0.06) * tall, high: high + (line ? 0.5 : 0.06) * tall};
}
