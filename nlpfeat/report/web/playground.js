// The playground: two networks that train on points of the plane while one looks at them.

import {classColour} from "./colours.js";
import {decoded} from "./data.js";
import {makePoints, MAX_CLASSES, MAX_POINTS, ownPoints, SHAPES} from "./datasets.js";
import {shapeName} from "./drawing.js";
import {button, checkbox, element, isNarrow, numberField, reducedMotion, select, setText, slider} from "./elements.js";
import {beforeNextFrame, full} from "./figure.js";
import {LESSON} from "./lesson.js";
import {createLessonPanel} from "./lesson_panel.js";
import {plainPoints} from "./live.js";
import {deadUnits} from "./net.js";
import {GROUNDS, VIEW_DEFAULTS, VIEW_LIMITS} from "./net_view.js";
import {lastUpTo, roundUp, whole} from "./numbers.js";
import {createOwnPoints} from "./own_points.js";
import {packPoints, unpackPoints} from "./packed.js";
import {extentOf} from "./scene.js";
import {createStore} from "./state.js";
import {createSide, NET_DEFAULTS, NET_LIMITS, RESTARTS} from "./trained_side.js";

const SPEEDS = {fastest: ["as fast as possible", 0], "60": ["60 steps/s", 60], "10": ["10 steps/s", 10]};
const LONGEST = 20_000;  // steps of a run without a goal
const REST = 8;          // milliseconds
const LESSON_SECONDS = 4;  // of a run of the lesson, slow enough to be watched
const PACKED = 400;      // of one's own points, as many as an address holds
const LEAST_EXTENT = 2;  // half the side of the embedding at a fixed scale, at first
const WAYS = Array.from({length: 101}, (_, k) => k / 100), WAY_SECONDS = 5;
const SIDES = ["a", "b"], LABELS = {a: "left network", b: "right network"};

const DEFAULTS = {
  ...VIEW_DEFAULTS, shape: "spirals", arms: 5, points: 1000, noise: 0.2, dataseed: 0, own: "", compare: true, lesson: 0, speed: "fastest", theme: "",
  ...Object.fromEntries(SIDES.flatMap(side => Object.entries(NET_DEFAULTS).map(([name, value]) => [`${name}.${side}`, value]))), "width.a": 8,
};
// What an address may hold of each choice: lists, or the lowest and highest number; "whole" numbers are rounded.
const each = limits => Object.fromEntries(SIDES.flatMap(side => Object.entries(limits).map(([name, limit]) => [`${name}.${side}`, limit])));
const LIMITS = {
  ...VIEW_LIMITS, shape: [...Object.keys(SHAPES), "own"], arms: {low: 2, high: MAX_CLASSES, whole: true}, points: {low: 10, high: MAX_POINTS, whole: true}, noise: {low: 0, high: 2},
  dataseed: {low: 0, high: 4294967295, whole: true}, lesson: {low: 0, high: LESSON.length, whole: true}, speed: Object.keys(SPEEDS), theme: ["", "light", "dark"], ...each(NET_LIMITS),
};
const clamp = (v, low, high) => Math.max(low, Math.min(high, v));

// Start the playground in `root`. `script` is the source of the trainer's worker; `members` are those of a study, first weights and record included.
export function startPlayground(root, {script, members: given = []}) {
  const members = decoded(given), store = createStore(DEFAULTS, "", LIMITS);
  let own = unpackPoints(store.get("own")), data = null, test = null, extent = LEAST_EXTENT;
  const ownTools = createOwnPoints({points: () => own, cross: () => [store.get("x"), store.get("y")], onchange: setOwn});
  const sides = Object.fromEntries(SIDES.map(side => [side, createSide({
    side, label: LABELS[side], store, script, members, points: () => data, heldOut: () => test, rerun: () => run(), onchange: () => repaint(),
    onplane: (kind, at) => store.get("shape") === "own" && ownTools.onplane(kind, at),
  })]));
  const lesson = createLessonPanel({store, run(part) { store.set(part.set); restart(); run(part.until, reducedMotion() ? 0 : part.until / LESSON_SECONDS); }});
  const shown = () => SIDES.filter(side => side === "a" || store.get("compare")).map(side => sides[side]);
  const running = () => shown().some(({live}) => live.running);

  // --- data
  function makeData() {
    const settings = {...Object.fromEntries(["shape", "arms", "points", "noise"].map(name => [name, store.get(name)])), seed: store.get("dataseed")};
    if (settings.shape === "own") { data = ownPoints(own); test = null; return; }
    [data, test] = ["train", "test"].map(part => makePoints(settings, part));
  }
  // Take other points of one's own. Networks go on with them, unless there is a class more or less.
  function setOwn(next, text) {
    const before = data.classes, other = store.get("shape") !== "own", went = running();
    own = next;
    store.set({own: own.length <= PACKED ? packPoints(own) : "", shape: "own"});
    data = {...ownPoints(own), version: (data.version ?? 0) + 1};
    test = null;
    if (other || data.classes !== before) { restart(); if (went) run(); }
    else if (!own.length) stop();
    else for (const {live, member} of shown()) if (!member()) { live.send({kind: "data", data: plainPoints(data), test: null}); live.look(); }
    ownTools.say(text ?? `${whole(own.length)} points${own.length > PACKED ? "; too many for the address, so that a link does not hold them" : ""}`);
  }

  // --- running
  function restart() {
    stop();
    extent = LEAST_EXTENT;
    makeData();
    [...legend.children].forEach((one, k) => { one.hidden = k >= data.classes; });
    for (const side of shown()) side.begin();
  }
  function run(until = lesson.playing?.until ?? null, most = 0) {
    if (empty()) return;
    const perSecond = most || (SPEEDS[store.get("speed")] ?? SPEEDS.fastest)[1];
    const rest = shown().length >= (navigator.hardwareConcurrency || 2) ? REST : 0;  // a core is left to painting
    for (const {live, view} of shown()) {
      if (live.diverged) continue;
      live.send({kind: "run", until: until ?? live.step + LONGEST, perSecond, rest});
      view.announce(false);
      live.look();
    }
    showRun();
  }
  const empty = () => {
    const none = shown().every(side => !side.data().labels.length);
    if (none) ownTools.say("Click into an input plane first: a network needs points.", true);
    return none;
  };
  function stop() {
    for (const {live, view} of Object.values(sides)) {
      if (live.running) { live.send({kind: "pause"}); live.look(); }
      view.announce(true);
    }
    showRun();
  }
  function goTo(step) {
    stop();
    for (const {live} of shown()) live.send({kind: "go", step: Math.min(step, live.furthest)});  // a slower network has not been everywhere
  }
  function stepOn() {
    if (empty()) return;
    stop();
    for (const {live} of shown()) live.send({kind: "go", step: live.step + 1});
  }
  // Paint what has arrived, and ask for more while something trains.
  const repaint = beforeNextFrame(() => {
    const fresh = shown().filter(({fresh: is, live}) => is && live.parameters);
    for (const {live} of fresh) if (live.running) live.look();  // answered while this frame is painted
    for (const side of fresh) {
      side.show(extent, Boolean(lesson.playing?.watch));
      const reached = extentOf(side.view.shown.scene.image);
      if (reached > extent && Number.isFinite(reached)) extent = roundUp(reached);
    }
    showRun();
    for (const {live, view} of shown()) if (!live.running) view.announce(true);
    if (lesson.playing && !running() && shown().every(({live}) => live.diverged || live.step >= lesson.playing.until)) lesson.finish(resultOf());
  });
  const resultOf = () => Object.fromEntries(Object.values(sides).map(({side, live, view, watched}) => [side, view.shown && {
    accuracy: view.shown.accuracy, regions: view.shown.regions, loss: live.loss, dead: deadUnits(view.shown.layers, [view.shown.data.x, view.shown.data.y]), watched}]));

  // --- controls
  const train = button("▶ Train", () => { if (running()) stop(); else run(); }, {class: "primary"});
  const past = slider({label: "step", words: stepWords, onchange: goTo});
  // Where the networks stand; both, where they differ.
  function stepWords(_, index) {
    const steps = new Set(shown().map(({live}) => live.step));
    return running() && steps.size > 1 ? [...steps].map(whole).join(" and ") : whole(index);
  }
  const speed = select({label: "speed", options: Object.entries(SPEEDS).map(([value, [text]]) => [value, text]), onchange: value => { store.set({speed: value}); if (running()) { stop(); run(); } }});
  const way = slider({label: "way from the input", words: v => (v === 1 ? "at the embedding" : `${Math.round(100 * v)} %`), onchange: k => { endTravel(); store.set({way: WAYS[k]}); }});
  const travel = button("▶ Input → embedding", playWay), path = select({label: "path to the embedding", options: [["straight", "straight"], ["layers", "layer by layer"]], onchange: value => store.set({path: value})});
  const ground = select({label: "background", options: GROUNDS, onchange: value => store.set({ground: value})}), folds = checkbox({label: "borders of linear regions", onchange: value => store.set({folds: value})});
  const fixed = checkbox({label: "fixed scale", onchange: value => store.set({scale: value ? "fixed" : "free"})}), compare = checkbox({label: "two networks", onchange: value => store.set({compare: value})});
  const shape = select({label: "data", options: [...Object.entries(SHAPES).map(([value, {words}]) => [value, words]), ["own", "my own points"]],
    onchange: value => store.set({shape: value, ...(SHAPES[value] ? {noise: SHAPES[value].noise} : {})})});
  const fields = Object.fromEntries(Object.entries({
    arms: {label: "arms", low: 2, high: MAX_CLASSES, integer: true}, points: {label: "points", low: 10, high: MAX_POINTS, integer: true},
    noise: {label: "noise", low: 0, high: 2}, dataseed: {label: "data seed", low: 0, high: 4294967295, integer: true},
  }).map(([name, limits]) => [name, numberField({...limits, onchange: value => store.set({[name]: value})})]));

  function showRun() {
    setText(train, running() ? "❚❚ Pause" : "▶ Train");
    const step = Math.max(...shown().map(({live}) => live.step)), last = Math.max(1, ...shown().map(({live}) => live.furthest));
    past.reach(last, step);
  }
  function showControls() {
    const kind = store.get("shape");
    shape.set(kind);
    for (const [name, field] of Object.entries(fields)) { field.set(store.get(name)); field.element.hidden = kind === "own" || (name === "arms" && kind !== "spirals"); }
    ownTools.element.hidden = kind !== "own";
    way.set(lastUpTo(WAYS, store.get("way") + 1e-9), WAYS); path.set(store.get("path")); ground.set(store.get("ground")); folds.set(store.get("folds")); fixed.set(store.get("scale") === "fixed");
    compare.set(store.get("compare")); speed.set(store.get("speed"));
    views.classList.toggle("alone", !store.get("compare"));
    for (const {settings} of Object.values(sides)) settings.show();
  }
  let travelling = null;
  const endTravel = () => { cancelAnimationFrame(travelling); travelling = null; setText(travel, "▶ Input → embedding"); };
  function playWay() {
    if (travelling) { endTravel(); return; }
    if (reducedMotion()) { store.set({way: store.get("way") === 1 ? 0 : 1}); return; }
    const began = performance.now(), frame = now => {
      const value = clamp((now - began) / 1000 / WAY_SECONDS, 0, 1);
      store.set({way: WAYS[Math.floor(value * (WAYS.length - 1))]});
      if (value < 1) travelling = requestAnimationFrame(frame); else endTravel();
    };
    setText(travel, "❚❚ Pause");
    travelling = requestAnimationFrame(frame);
  }
  const setTheme = () => { if (store.get("theme")) document.documentElement.dataset.theme = store.get("theme"); };
  const dark = button("light or dark", () => {
    const now = store.get("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    store.set({theme: now === "dark" ? "light" : "dark"});
  });

  // --- the page
  const legend = element("p", {class: "caption classes"}, "Classes: ", ...Array.from({length: MAX_CLASSES}, (_, k) => element("span", {}, element("span", {class: "class", style: `background:${classColour(k)}`}), `${k} ${shapeName(k)}`)));
  const views = element("div", {class: "two"}, sides.a.view.element, sides.b.view.element);
  const more = (title, ...parts) => element("details", {class: "more"}, element("summary", {}, title), element("div", {class: "controls"}, ...parts));
  const narrow = isNarrow(), points = [shape.element, ...Object.values(fields).map(field => field.element)], ways = [speed.element, way.element, travel, compare.element];
  const looks = [ground.element, folds.element, fixed.element, path.element], screens = [dark, button("full screen", () => full(document.documentElement))];
  root.append(
    element("header", {class: "controls"}, element("h1", {}, "What does width buy?"), ...(narrow ? [] : points), button("Predict first: a lesson", () => store.set({lesson: 1})), ...(narrow ? [] : screens)),
    lesson.element, ...(narrow ? [more("the points", ...points)] : []), ownTools.element, ownTools.status,
    element("div", {class: "controls run"}, train, button("Step", stepOn),
      button("⟲ Restart", () => { lesson.leave(); restart(); }), past.element, ...(narrow ? [] : ways), more("more", ...(narrow ? [...ways, ...looks, ...screens] : looks))),
    views,
    element("p", {class: "caption swipe"}, "Swipe for the other network →"),
    legend,
  );
  store.subscribe(changed => {
    const any = (...names) => names.some(name => changed.has(name));
    showControls();
    if (changed.has("theme")) { setTheme(); for (const side of Object.values(sides)) side.restyle(); }
    if (changed.has("lesson") || (lesson.playing && !lesson.starting && [...changed].some(name => !(name in VIEW_DEFAULTS)))) lesson.leave();
    if (changed.has("lesson") && LESSON[store.get("lesson") - 1]) store.set(LESSON[store.get("lesson") - 1].set);  // its networks, untrained
    if (any("shape")) { if (store.get("shape") === "own") ownTools.setTool("add"); else ownTools.say(""); }
    if (changed.has("compare") && store.get("compare")) { stop(); sides.b.begin(); }
    if (any("shape", "arms", "points", "noise", "dataseed")) { if (!changed.has("own")) restart(); }
    else
      for (const side of shown()) {
        if (RESTARTS.some(name => changed.has(`${name}.${side.side}`))) { const went = side.live.running; side.begin(); if (went) run(); }
        else if (any(`rate.${side.side}`, `decay.${side.side}`)) side.live.send({kind: "recipe", ...side.recipe()});
      }
    if (any(...Object.keys(VIEW_DEFAULTS))) for (const side of shown()) side.repaint(extent);
  });
  setTheme();
  showControls();
  lesson.show();
  restart();
  return {store, sides, run, stop, restart, goTo, setOwn, ownTools, lesson, get data() { return data; }, get own() { return own; }};
}
