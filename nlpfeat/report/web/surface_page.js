// The errors of a study over width and another axis as a surface that is turned by hand.

import {rising} from "./colours.js";
import {button, element, select, setText} from "./elements.js";
import {createFigure} from "./figure.js";

const START = {turn: -0.65, tilt: 0.5, zoom: 1}, FRONT = {turn: 0, tilt: 0.15, zoom: 1};
const TURN = 0.08, DRAG = 0.008, NEAR = 30;  // radians per key and per pixel; pixels
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

// data: {title, about, names, panels: [{error, train, fitted, peaks}], widths, rows, over, width_label, ranges}; tables are rows × widths, null: none.
export function startSurfacePage(root, data) {
  let view = {...START}, panel = 0, key = "error", drag = null, corners = [];
  const rows = data.rows.length, columns = data.widths.length;
  const figure = createFigure({name: () => `surface-${key}`, label: "surface of errors", height: width => Math.round(Math.min(0.64 * width, 620)), keys: true, paint});
  const said = element("p", {role: "status"}, "Drag to turn, scroll to scale, point at a corner to read it; arrow keys turn, plus and minus scale.");

  function paint(pen, width, height, theme) {
    const one = data.panels[panel], grid = one[key], [low, high] = data.ranges[key], level = value => 0.75 * (value - low) / (high - low) - 0.3;
    const [c, s, a, b] = [Math.cos(view.turn), Math.sin(view.turn), Math.cos(view.tilt), Math.sin(view.tilt)], size = 0.62 * view.zoom * Math.min(width, height * 1.25);
    const project = (x, y, z) => {
      const u = x * c - y * s, v = x * s + y * c;
      return {x: width / 2 + size * u, y: height / 2 - size * (z * a - v * b) * 0.85, depth: v * a + z * b};
    };
    const across = j => j / (columns - 1) - 0.5, along = i => i / (rows - 1) - 0.5, at = (i, j) => project(across(j), along(i), level(grid[i][j]));
    const path = points => { pen.beginPath(); points.forEach((p, i) => (i ? pen.lineTo(p.x, p.y) : pen.moveTo(p.x, p.y))); pen.closePath(); };
    // the floor, with the names of its sides
    pen.lineWidth = 1.2; pen.strokeStyle = theme.muted;
    path([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(([x, y]) => project(x, y, -0.3)));
    pen.stroke();
    pen.fillStyle = theme.ink; pen.font = "13px system-ui, sans-serif"; pen.textAlign = "center"; pen.textBaseline = "middle";
    const write = (text, x, y) => { const p = project(x, y, -0.3); pen.fillText(text, p.x, p.y); };
    data.widths.forEach((wide, j) => { if (j % 2 === 0) write(wide, across(j), 0.58); });
    data.rows.forEach((row, i) => write(row, 0.58, along(i)));
    write(data.width_label, 0, 0.9);
    write(data.over, 0.8, 0);
    // quadrilaterals, those farthest away first
    const faces = [];
    for (let i = 0; i + 1 < rows; i++)
      for (let j = 0; j + 1 < columns; j++) {
        const ends = [[i, j], [i, j + 1], [i + 1, j + 1], [i + 1, j]];
        if (ends.some(([p, q]) => grid[p][q] === null)) continue;
        const points = ends.map(([p, q]) => at(p, q)), sum = values => values.reduce((x, y) => x + y, 0);
        faces.push({points, mean: sum(ends.map(([p, q]) => grid[p][q])) / 4, depth: sum(points.map(q => q.depth)) / 4});
      }
    faces.sort((p, q) => p.depth - q.depth);
    for (const face of faces) {
      pen.fillStyle = rising((face.mean - low) / (high - low));
      pen.strokeStyle = "rgba(0,0,0,0.35)"; pen.lineWidth = 1;
      path(face.points);
      pen.fill(); pen.stroke();
    }
    // where half of the seeds fit every label, and the peaks
    corners = [];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        if (grid[i][j] === null) continue;
        const q = at(i, j);
        corners.push({...q, i, j});
        if (one.fitted[i][j] >= 0.5) { pen.fillStyle = "#ffffff"; pen.strokeStyle = "#000000"; pen.lineWidth = 1; pen.beginPath(); pen.arc(q.x, q.y, 3, 0, 2 * Math.PI); pen.fill(); pen.stroke(); }
        if (key === "error" && one.peaks[i] === j) { pen.strokeStyle = "#D55E00"; pen.lineWidth = 3; pen.strokeRect(q.x - 6, q.y - 6, 12, 12); }
      }
  }
  function tell([x, y]) {
    let best = null, most = NEAR;
    for (const q of corners) { const d = Math.hypot(q.x - x, q.y - y); if (d < most) { most = d; best = q; } }
    if (!best) return;
    const one = data.panels[panel];
    setText(said, `${data.over} ${data.rows[best.i]}, width ${data.widths[best.j]}: test error ${one.error[best.i][best.j].toFixed(3)}, training error ` +
      `${one.train[best.i][best.j].toFixed(3)}, ${Math.round(100 * one.fitted[best.i][best.j])} % of the seeds fit every training label.`);
  }
  function look(changes) {
    view = {...view, ...changes};
    view.tilt = clamp(view.tilt, -0.2, 1.57);
    view.zoom = clamp(view.zoom, 0.4, 4);
    figure.paint();
  }
  const {canvas} = figure;
  canvas.addEventListener("pointerdown", event => { drag = {x: event.clientX, y: event.clientY, ...view}; canvas.setPointerCapture?.(event.pointerId); });
  canvas.addEventListener("pointermove", event => {
    if (drag) look({turn: drag.turn + (event.clientX - drag.x) * DRAG, tilt: drag.tilt + (event.clientY - drag.y) * DRAG});
    else tell(figure.at(event));
  });
  canvas.style.touchAction = "none";
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("pointerup", event => { drag = null; tell(figure.at(event)); });
  canvas.addEventListener("wheel", event => { event.preventDefault(); look({zoom: view.zoom * Math.exp(-event.deltaY * 0.001)}); }, {passive: false});
  canvas.addEventListener("keydown", event => {
    const turn = {ArrowLeft: [-TURN, 0], ArrowRight: [TURN, 0], ArrowUp: [0, -TURN], ArrowDown: [0, TURN]}[event.key], zoom = {"+": 1.1, "=": 1.1, "-": 1 / 1.1}[event.key];
    if (!turn && !zoom) return;
    event.preventDefault();
    look({turn: view.turn + (turn?.[0] ?? 0), tilt: view.tilt + (turn?.[1] ?? 0), zoom: view.zoom * (zoom ?? 1)});
  });
  const panels = select({label: "panel", options: data.names.map((name, k) => [k, name]), onchange: value => { panel = Number(value); figure.paint(); }});
  const heights = select({label: "height", options: [["error", "test error"], ["train", "training error"]], onchange: value => { key = value; figure.paint(); }});
  root.append(element("h1", {}, data.title), element("p", {}, data.about), element("div", {class: "controls"}, panels.element, heights.element, button("front", () => look(FRONT))), figure.element, said);
  return {figure, tell, data, get view() { return view; }, get corners() { return corners; }, get said() { return said.textContent; }};
}
