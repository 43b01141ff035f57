// The view of one network: the input plane, its embedding, all units at one point, and a headline. Both pages have two of them.

import {paintPlane, paintSpace, paintUnits, followedPoint, frameOf, planeAt, unitsHeight} from "./drawing.js";
import {element, setText} from "./elements.js";
import {createFigure} from "./figure.js";
import {isDrawable, stepsOf, walk} from "./motion.js";
import {forward, trace} from "./net.js";
import {percent, roundUp, short, whole} from "./numbers.js";
import {extentOf, sceneOf, WINDOW} from "./scene.js";

// What both views share, and its defaults in the address.
export const VIEW_DEFAULTS = {way: 1, path: "straight", ground: "classes", folds: true, x: 0.3, y: 0.2, scale: "free"};
export const VIEW_LIMITS = {way: {low: 0, high: 1}, path: ["straight", "layers"], ground: ["classes", "on", "area", "nothing"], x: {low: -WINDOW, high: WINDOW},
  y: {low: -WINDOW, high: WINDOW}, scale: ["free", "fixed"]};
export const GROUNDS = [["classes", "predicted class"], ["on", "number of active units"], ["area", "area factor of the map"], ["nothing", "nothing"]];
const SHADES = {on: "; light: many units on, dark: few", area: "; red enlarges areas, blue shrinks them"};

// A view. `label` names it to screen readers; `store` holds VIEW_DEFAULTS; onplane(event, point) may take a pointer's event on the plane.
export function createNetView({name, label, store, onplane = () => false}) {
  let source = null, scene = null, anchors = [], moved = null, rows = null;
  const probe = () => [store.get("x"), store.get("y")];
  const plane = createFigure({
    name: () => `${name()}-plane`, label: `${label}: input plane`, ratio: 1, keys: true,
    paint(pen, width, height, theme) {
      if (!scene) return;
      const ground = scene.exact || store.get("ground") === "nothing" ? store.get("ground") : "classes";
      paintPlane(pen, frameOf(width, height, WINDOW), scene, {ground, folds: store.get("folds"), probe: probe()}, theme);
    },
  });
  const space = createFigure({
    name: () => `${name()}-embedding`, label: `${label}: embedding`, ratio: 1,
    paint(pen, width, height, theme) {
      if (moved) paintSpace(pen, frameOf(width, height, moved.half), scene, moved, moved, theme);
    },
  });
  const units = createFigure({
    name: () => `${name()}-units`, label: `${label}: units`, height: () => unitsHeight(source ? source.layers.length : 3),
    paint(pen, width, height, theme) { if (rows) paintUnits(pen, width, rows, theme); },
  });
  const headline = element("p", {class: "headline", "aria-live": "polite"}), about = element("p", {class: "caption"}), which = element("p", {class: "caption id"});
  const pair = element("div", {class: "pair"}, plane.element, space.element);
  const whichNet = element("details", {class: "which"}, element("summary", {}, "the point in numbers, and which network this is"), about, which);
  const view = {
    element: element("section", {class: "view", "aria-label": label}, headline, pair, units.element, whichNet),
    figures: {plane, space, units}, headline,
    get shown() { return source && {...source, scene, regions: scene.regions.length, accuracy: scene.accuracy, moved}; },
    // Show a network: {key, layers, data, grid, headline, id, extent}; a new key means that something differs.
    show(next) {
      const rowsBefore = source?.layers.length;
      if (next.key !== source?.key) {
        scene = sceneOf(next.layers, next.data, next.grid, source && source.data === next.data ? anchors : []);
        anchors = scene.anchors;
      }
      source = next;
      if (rowsBefore !== next.layers.length) units.resized();
      view.paint();
    },
    // Show that there is nothing to show.
    empty(text) {
      source = scene = moved = rows = null;
      setText(headline, text);
      for (const figure of [plane, space, units]) { setText(figure.caption, ""); figure.describe(text); figure.paint(); }
      for (const line of [about, which]) setText(line, "");
    },
    // Paint all three pictures for the present choices.
    paint() {
      if (!scene) return;
      const at = probe(), {layers} = source;
      rows = trace(layers, ...at);
      moved = onTheWay(store, scene, at, source.extent);
      plane.paint(); space.paint(); units.paint();
      const ground = scene.exact ? `${whole(scene.regions.length)} linear region${scene.regions.length === 1 ? "" : "s"}${SHADES[store.get("ground")] ?? ""}` : "tanh has no regions";
      setText(plane.caption, `Input: ${ground}`);
      setText(space.caption, `${moved.where}${moved.together ? ": all points coincide" : ""}`);
      setText(headline, scene.data.labels.length ? `${source.headline}: ${percent(scene.accuracy)} correct` : `${source.headline}: no points yet`);
      plane.describe(`${label}, input plane: ${ground}; ${percent(scene.accuracy)} of the points are classified correctly. Arrow keys move the followed point.`);
      space.describe(`${label}: ${moved.where}, up to ±${short(moved.half)}. Click near a point to follow it.`);
      setText(units.caption, "All units at the followed point: bars up are positive, bars down negative");
      setText(about, followedPoint(rows, layers, at));
      setText(which, source.id ?? "");
    },
    // Whether changes are announced to screen readers: not while a play makes many.
    announce(aloud) { headline.setAttribute("aria-live", aloud ? "polite" : "off"); },
  };
  const moveTo = ([x, y]) => {
    const kept = v => Number(Math.max(-WINDOW, Math.min(WINDOW, v)).toFixed(3));
    store.set({x: kept(x), y: kept(y)});
  };
  let dragging = false;
  const pointAt = event => planeAt(frameOf(plane.width, plane.height, WINDOW), plane.at(event));
  plane.canvas.addEventListener("pointerdown", event => {
    dragging = true;
    plane.canvas.setPointerCapture?.(event.pointerId);
    if (!onplane("down", pointAt(event))) moveTo(pointAt(event));
  });
  plane.canvas.addEventListener("pointermove", event => { if (dragging && !onplane("move", pointAt(event))) moveTo(pointAt(event)); });
  for (const kind of ["pointerup", "pointercancel"]) plane.canvas.addEventListener(kind, () => { dragging = false; onplane("up", null); });
  plane.canvas.addEventListener("keydown", event => {
    const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (!by) return;
    event.preventDefault();
    const size = event.shiftKey ? 0.1 : 0.02;
    moveTo([store.get("x") + size * by[0], store.get("y") + size * by[1]]);
  });
  space.canvas.addEventListener("click", event => {
    if (!moved || !moved.points[0].length) return;
    const [x, y] = planeAt(frameOf(space.width, space.height, moved.half), space.at(event)), [xs, ys] = moved.points, {data} = scene;
    let nearest = 0;
    for (let k = 1; k < xs.length; k++) if (Math.hypot(xs[k] - x, ys[k] - y) < Math.hypot(xs[nearest] - x, ys[nearest] - y)) nearest = k;
    store.set({x: data.x[nearest], y: data.y[nearest]});
  });
  return view;
}

// Points, grid and the probed point on the way from the input to the embedding, and the words for where they are.
function onTheWay(store, scene, probe, extent) {
  const {layers, data, image, grid, warped} = scene, way = store.get("way"), arrived = way === 1;
  const layered = store.get("path") === "layers" && isDrawable(layers), point = probe.map(v => Float64Array.of(v));
  let travel, where;
  if (layered && !arrived) {
    const steps = stepsOf(layers), position = way * steps.length, now = steps[Math.max(0, Math.ceil(position) - 1)];
    travel = from => walk(from, steps, position);
    where = `Layer ${now.layer}: ${now.description} (${now.sign})`;
  } else {
    travel = (from, to) => (arrived ? to : from.map((part, d) => part.map((v, k) => (1 - way) * v + way * to[d][k])));
    where = arrived ? "Embedding" : `${Math.round(100 * way)} % of the way`;
  }
  const points = travel([data.x, data.y], image), free = extentOf(points), fixed = store.get("scale") === "fixed" && extent;
  return {
    points, grid: travel([grid.x, grid.y], warped), probe: travel(point, forward(layers.slice(0, -1), point)).map(part => part[0]),
    where, arrived, half: fixed ? extent : free, bar: fixed ? roundUp(0.2 * extent) : null,
    together: points[0].length > 0 && points[0].every(v => v === points[0][0]) && points[1].every(v => v === points[1][0]),
  };
}
