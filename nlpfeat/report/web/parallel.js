// Parallel coordinates: one line per member across several axes; dragging along an axis keeps the members within that range.

import {scale} from "./axes.js";
import {element, select} from "./elements.js";
import {createFigure} from "./figure.js";
import {short, whole} from "./numbers.js";

const MAX_LINES = 2000, TOP = 40, BOTTOM = 14, SIDE = 70;

// columns(): [{name, label, values, log}]; kept(), brushes(): the present choice; onbrush(name, [low, high] or null).
export function createParallel({ids, columns, colour, kept, brushes, onbrush}) {
  let placed = [], from = null;
  const figure = createFigure({name: () => "parallel-coordinates", label: "parallel coordinates", height: () => 260, paint});
  figure.canvas.style.touchAction = "pan-y";

  function paint(pen, width, height, theme) {
    const shown = columns(), gap = (width - 2 * SIDE) / Math.max(1, shown.length - 1);
    placed = shown.map((column, k) => {
      let low = Infinity, high = -Infinity;
      for (const v of column.values) if (Number.isFinite(v) && (!column.log || v > 0)) { if (v < low) low = v; if (v > high) high = v; }
      if (!(high >= low)) { low = 0; high = 1; }
      if (high === low) high = low + (Math.abs(low) || 1);
      return {...column, x: SIDE + k * gap, scale: scale({low, high, log: column.log, from: height - BOTTOM, to: TOP, count: 4})};
    });
    const there = new Set(kept()), lines = (some, strong) => {
      const every = Math.ceil(some.length / MAX_LINES), few = some.filter((_, k) => k % every === 0), byColour = Map.groupBy ? Map.groupBy(few, i => (strong ? colour(i) : theme.faint)) : grouped(few, i => (strong ? colour(i) : theme.faint));
      pen.lineWidth = strong ? 1.1 : 0.7;
      pen.globalAlpha = strong ? Math.max(0.15, Math.min(0.7, 60 / few.length)) : 0.25;
      for (const [own, group] of byColour) {
        pen.strokeStyle = own;
        pen.beginPath();
        for (const i of group) {
          let on = false;
          for (const {x, scale: s, values} of placed) {
            const y = s.at(values[i]);
            if (!Number.isFinite(y)) { on = false; continue; }
            if (on) pen.lineTo(x, y); else pen.moveTo(x, y);
            on = true;
          }
        }
        pen.stroke();
      }
      pen.globalAlpha = 1;
      return every;
    };
    if (there.size < ids.length) lines(ids.map((_, i) => i).filter(i => !there.has(i)), false);
    const every = lines([...there], true);
    pen.font = "12px system-ui, sans-serif";
    placed.forEach(({name, label, x, scale: s}, k) => {
      pen.strokeStyle = theme.ink; pen.lineWidth = 1;
      pen.beginPath(); pen.moveTo(x, TOP); pen.lineTo(x, height - BOTTOM); pen.stroke();
      pen.fillStyle = theme.muted; pen.textAlign = "right"; pen.textBaseline = "middle";
      for (const v of s.ticks) pen.fillText(short(v), x - 5, s.at(v));
      pen.fillStyle = theme.ink; pen.textAlign = "center"; pen.textBaseline = "alphabetic";
      pen.fillText(label.length > 24 ? `${label.slice(0, 23)}…` : label, Math.max(pen.measureText(label.slice(0, 24)).width / 2 + 2, Math.min(width - pen.measureText(label.slice(0, 24)).width / 2 - 2, x)), k % 2 ? 28 : 13);
      const range = brushes()[name];
      if (range) {
        const [a, b] = range.map(v => Math.max(TOP, Math.min(height - BOTTOM, s.at(Math.max(s.low, Math.min(s.high, v))))));
        pen.globalAlpha = 0.25; pen.fillStyle = theme.accent; pen.fillRect(x - 9, Math.min(a, b), 18, Math.abs(a - b));
        pen.globalAlpha = 1; pen.strokeStyle = theme.accent; pen.strokeRect(x - 9, Math.min(a, b), 18, Math.abs(a - b));
      }
    });
    figure.caption.textContent = `${whole(there.size)} of ${whole(ids.length)} members${every > 1 ? `, one line in ${every}` : ""}; drag along an axis for a range, click it to clear`;
  }

  const columnAt = px => placed.reduce((best, one) => (Math.abs(one.x - px) < Math.abs((best?.x ?? Infinity) - px) ? one : best), null);
  const within = py => Math.max(TOP, Math.min(figure.height - BOTTOM, py));
  figure.canvas.addEventListener("pointerdown", event => {
    const [px, py] = figure.at(event), column = columnAt(px);
    if (!column || Math.abs(column.x - px) > 30) return;
    from = {name: column.name, py: within(py)};
    figure.canvas.setPointerCapture?.(event.pointerId);
  });
  figure.canvas.addEventListener("pointermove", event => {
    if (!from) return;
    const py = within(figure.at(event)[1]), column = placed.find(({name}) => name === from.name);
    if (Math.abs(py - from.py) > 4) onbrush(from.name, [from.py, py].map(column.scale.back).sort((a, b) => a - b));
  });
  figure.canvas.addEventListener("pointercancel", () => { from = null; });
  figure.canvas.addEventListener("pointerup", event => {
    if (from && Math.abs(figure.at(event)[1] - from.py) <= 4) onbrush(from.name, null);
    from = null;
  });

  // The same without a pointer: an axis, and the limits of its range.
  const low = element("input", {type: "number", step: "any", "aria-label": "from"}), high = element("input", {type: "number", step: "any", "aria-label": "to"});
  const axis = element("span"), set = () => {
    const name = axis.querySelector("select").value;
    if (low.value === "" && high.value === "") onbrush(name, null);
    else onbrush(name, [low.value === "" ? -1e300 : Number(low.value), high.value === "" ? 1e300 : Number(high.value)]);
  };
  for (const input of [low, high]) input.addEventListener("change", set);
  axis.append(select({label: "range of", options: columns().map(({name, label}) => [name, label]), onchange: () => { low.value = high.value = ""; }}).element);
  return {
    paint: figure.paint, get placed() { return placed; }, figure,
    element: element("div", {}, element("div", {class: "controls"}, axis, element("label", {class: "field"}, element("span", {}, "from"), low), element("label", {class: "field"}, element("span", {}, "to"), high)), figure.element),
  };
}

function grouped(list, key) {
  const found = new Map();
  for (const one of list) { const k = key(one); if (!found.has(k)) found.set(k, []); found.get(k).push(one); }
  return found;
}
