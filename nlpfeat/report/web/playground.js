// The playground: two networks that train on points of the plane while one looks at them.

import {paintAxes, paintLine, scale} from "./axes.js";
import {classColour} from "./colours.js";
import {makePoints, MAX_CLASSES, MAX_POINTS, ownPoints, parsePoints, SHAPES} from "./datasets.js";
import {shapeName} from "./drawing.js";
import {button, checkbox, element, numberField, select, setText, slider} from "./elements.js";
import {beforeNextFrame, createFigure, full} from "./figure.js";
import {LESSON} from "./lesson.js";
import {createLive} from "./live.js";
import {deadUnits, layersAt} from "./net.js";
import {createNetView, GROUNDS, VIEW_DEFAULTS} from "./net_view.js";
import {lastUpTo, percent, roundUp, setting, short, whole} from "./numbers.js";
import {packPoints, unpackPoints} from "./packed.js";
import {extentOf, gridOf, radiusOf, windingOf} from "./scene.js";
import {createStore} from "./state.js";
import {initialParameters, networkOf} from "./train.js";

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 80, 100, 150, 200], DEPTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 10, 1000], DECAYS = [0, 1e-5, 1e-4, 1e-3, 1e-2];
const ACTIVATIONS = {relu: ["ReLU", 0], leaky: ["leaky ReLU, slope 0.1", 0.1], half: ["leaky ReLU, slope 0.5", 0.5], tanh: ["tanh", "tanh"]};
const SPEEDS = {fastest: ["as fast as it can", 0], "60": ["60 steps/s", 60], "10": ["10 steps/s", 10]};
const LONGEST = 20_000;  // steps of a run without a goal
const REST = 8;  // milliseconds
const GRID_RADIUS = 1;
const SIDES = ["a", "b"], NAMES = {a: "left network", b: "right network"};
const NET_DEFAULTS = {width: 100, depth: 1, activation: "relu", rate: 0.01, decay: 1e-5, seed: 0, member: ""};
const PACKED = 400;  // of one's own points, as many as an address holds

const DEFAULTS = {
  ...VIEW_DEFAULTS, shape: "spirals", arms: 5, points: 1000, noise: 0.2, dataseed: 0, own: "", compare: true, lesson: 0, speed: "fastest",
  ...Object.fromEntries(SIDES.flatMap(side => Object.entries(NET_DEFAULTS).map(([name, value]) => [`${name}.${side}`, side === "a" && name === "width" ? 8 : value]))),
};
const RESTARTS = ["width", "depth", "activation", "seed", "member"];

// Start the playground in `root`. `script` is the source of the trainer's worker; `members` are those of a study, first weights and record included.
export function startPlayground(root, {script, members = []}) {
  const store = createStore(DEFAULTS), say = text => setText(status, text);
  const grid = gridOf(GRID_RADIUS);
  let own = unpackPoints(store.get("own")), data = null, test = null, extent = 2, playing = null, brush = 0, tool = "follow";
  const memberOf = side => members.find(one => one.id === store.get(`member.${side}`));

  // --- the two networks
  const sides = Object.fromEntries(SIDES.map(side => [side, createSide(side)]));

  function createSide(side) {
    const one = {side, live: createLive(script, () => arrived(one)), watched: [], painted: 0, marks: 0};
    one.view = createNetView({name: () => `${side === "a" ? "left" : "right"}-step-${one.live.step}`, label: NAMES[side], store, onplane});
    one.curve = createFigure({name: () => `${side}-curve`, label: `${NAMES[side]}: loss and accuracy over training`, height: () => 116, paint: (...pen) => paintCurve(one, ...pen)});
    one.note = element("p", {class: "note", role: "status"});
    one.settings = settingsOf(side);
    one.view.element.prepend(one.settings.element);
    one.view.headline.after(one.note);
    one.view.element.append(one.curve.element);
    return one;
  }

  function settingsOf(side) {
    const set = name => value => store.set({[`${name}.${side}`]: value});
    const listed = (name, list, label, words) => {
      const control = slider({label, words, onchange: index => set(name)(list[index])});
      return {element: control.element, show: value => {
        const values = list.includes(value) ? list : [...list, value].sort((a, b) => a - b);
        list = values;
        control.set(values.indexOf(value), values);
      }, input: control.input};
    };
    const activation = select({label: "activation", options: Object.entries(ACTIVATIONS).map(([value, [text]]) => [value, text]), onchange: set("activation")});
    const seed = numberField({label: "seed", low: 0, high: 4294967295, integer: true, onchange: set("seed")});
    const parts = {
      width: listed("width", [...WIDTHS], "width", v => `width ${v}`.slice(6)), depth: listed("depth", [...DEPTHS], "hidden layers", v => (v ? String(v) : "none: linear")),
      rate: listed("rate", [...RATES], "learning rate", setting), decay: listed("decay", [...DECAYS], "weight decay", setting),
      activation: {element: activation.element, show: activation.set, input: activation.input}, seed: {element: seed.element, show: seed.set, input: seed.input},
    };
    const member = members.length ? select({label: "first weights", options: [["", "drawn from the seed"], ...members.map(one => [one.id, one.label])], onchange: id => chooseMember(side, id)}) : null;
    return {
      element: element("div", {class: "controls settings"}, member?.element, parts.width.element, parts.rate.element, parts.seed.element,
        element("details", {class: "more"}, element("summary", {}, "more"), element("div", {class: "controls"}, parts.depth.element, parts.activation.element, parts.decay.element))),
      show() {
        for (const [name, part] of Object.entries(parts)) {
          part.show(store.get(`${name}.${side}`));
          part.input.disabled = Boolean(memberOf(side)) && ["width", "depth", "activation", "seed"].includes(name);
        }
        member?.set(store.get(`member.${side}`));
      },
    };
  }

  function chooseMember(side, id) {
    const member = members.find(one => one.id === id);
    store.set({[`member.${side}`]: id, ...(member ? Object.fromEntries(["width", "depth", "activation", "rate", "decay", "seed"].map(name => [`${name}.${side}`, member[name]])) : {})});
  }

  const dataOf = side => memberOf(side)?.data ?? data;
  const recipeOf = side => ({rate: store.get(`rate.${side}`), decay: store.get(`decay.${side}`)});
  const shown = () => SIDES.filter(side => side === "a" || store.get("compare"));
  const running = () => shown().some(side => sides[side].live.running);

  // Begin a network anew, at step 0.
  function begin(side) {
    const one = sides[side], member = memberOf(side), points = dataOf(side);
    const depth = store.get(`depth.${side}`), activation = ACTIVATIONS[store.get(`activation.${side}`)]?.[1] ?? 0;
    const net = member?.net ?? networkOf({width: store.get(`width.${side}`), depth, activation, classes: points.classes});
    const parameters = member?.parameters ?? initialParameters(net, store.get(`seed.${side}`));
    Object.assign(one, {net, watched: [], latest: null});
    one.live.start({net, parameters, data: plain(points), test: member ? null : test && plain(test), ...recipeOf(side)});
  }

  function makeData() {
    const settings = {shape: store.get("shape"), arms: clamp(store.get("arms"), 2, 8), points: clamp(store.get("points"), 10, MAX_POINTS), noise: store.get("noise"), seed: store.get("dataseed")};
    if (settings.shape === "own") { data = ownPoints(own); test = null; }
    else { if (!SHAPES[settings.shape]) settings.shape = "spirals"; data = makePoints(settings, "train"); test = makePoints(settings, "test"); }
  }

  function restart() {
    stop();
    extent = 2;
    makeData();
    for (const side of shown()) begin(side);
  }

  // An answer of a trainer has arrived.
  function arrived(one) {
    const {live} = one;
    if (live.diverged) { live.running = false; }
    one.fresh = true;
    repaint();
  }

  // Paint what has arrived, and ask for more while something trains.
  const repaint = beforeNextFrame(() => {
    const fresh = shown().map(side => sides[side]).filter(one => one.fresh && one.live.parameters);
    for (const one of fresh) { one.fresh = false; if (one.live.running) one.live.look(); }  // answered while this frame is painted
    for (const one of fresh) show(one);
    showRun();
  });

  function show(one) {
    const {live, side} = one, points = dataOf(side), member = memberOf(side);
    if (live.diverged && one.latest) { showNote(one); return; }
    const layers = layersAt(one.net, Float64Array.from(live.parameters));
    const key = `${live.version} ${live.step} ${points.labels.length} ${points.version ?? 0}`;
    const words = `${store.get(`depth.${side}`) === 0 ? "Linear" : `Width ${store.get(`width.${side}`)}`}${store.get(`depth.${side}`) > 1 ? ` in ${store.get(`depth.${side}`)} layers` : ""}, step ${whole(live.step)}`;
    one.latest = {key, layers, data: points, grid, headline: words, id: member ? `first weights and points of ${member.label}` : `weights drawn from seed ${store.get(`seed.${side}`)}`};
    one.view.show({...one.latest, extent});
    const {scene} = one.view.shown, reached = extentOf(scene.image);
    if (reached > extent && Number.isFinite(reached)) extent = roundUp(reached);
    if (playing?.watch) one.watched.push({step: live.step, radius: radiusOf(scene.image), winding: windingOf(scene.image, points.labels, points.classes)});
    one.curve.paint();
    showNote(one);
    one.painted++;
  }

  // What is to be said of a network: that it diverged, or how it stands beside its record.
  function showNote(one) {
    const {live, side} = one, {rate} = recipeOf(side);
    const exploded = live.diverged || live.loss > 10 * Math.log(dataOf(side).classes);
    one.note.classList.toggle("warning", exploded);
    if (exploded) {
      if (one.note.dataset.of === `${live.version} ${rate}`) return;
      one.note.dataset.of = `${live.version} ${rate}`;
      const smaller = Number((rate / 10).toPrecision(1)), back = recordedBefore(live);
      one.note.replaceChildren(
        live.diverged ? `Training diverged at step ${whole(live.step)}: the loss is no longer a number. A rate of ${setting(rate)} is too large. ` :
          `The loss is ${short(live.loss)} nats, far above that of guessing: a rate of ${setting(rate)} is too large. `,
        button(`start again at ${setting(smaller)}`, () => { store.set({[`rate.${side}`]: smaller}); begin(side); run(); }), " ",
        button(`back to step ${whole(back)}`, () => goTo(back)));
      return;
    }
    delete one.note.dataset.of;
    const held = live.test === null ? "" : `held-out points: ${percent(live.test)}; `;
    setText(one.note, `${held}loss ${short(live.loss)} nats${besideRecord(one)}`);
  }

  // The last step of whose loss nothing bad is to be said.
  function recordedBefore({curve}) {
    const limit = 1.2 * Math.max(...curve.loss.slice(0, 1)), place = curve.loss.findLastIndex(loss => loss <= limit);
    return place >= 0 ? curve.steps[place] : 0;
  }

  function besideRecord(one) {
    const member = memberOf(one.side);
    if (!member) return "";
    const {record} = member, {rate, decay} = recipeOf(one.side);
    if (rate !== member.rate || decay !== member.decay) return `; the study's record is of rate ${setting(member.rate)} and decay ${setting(member.decay)}`;
    const place = record.steps.indexOf(record.steps[lastUpTo(record.steps, one.live.step)]), at = record.steps[place];
    const near = one.live.curve.steps.indexOf(at), loss = at === one.live.step ? one.live.loss : one.live.curve.loss[near];
    return loss === undefined ? "" : `; at step ${whole(at)} the study recorded ${short(record.loss[place])}, this run has ${short(loss)}`;
  }

  function paintCurve(one, pen, width, height, theme) {
    const {curve, step, furthest} = one.live, member = memberOf(one.side), record = member?.record;
    const last = Math.max(50, furthest, record?.steps.at(-1) ?? 0), box = {left: 44, top: 20, right: width - 44, bottom: height - 22};
    const x = scale({low: 0, high: last, from: box.left, to: box.right}), losses = [...curve.loss, ...(record?.loss ?? [])].filter(v => v > 0);
    const y = scale({low: Math.max(1e-6, Math.min(0.5, ...losses)), high: Math.max(2, ...losses), log: true, from: box.bottom, to: box.top});
    const right = scale({low: 0, high: 1, from: box.bottom, to: box.top, list: [0, 0.5, 1]});
    paintAxes(pen, box, x, {...y, ticks: y.ticks.slice(0, 3)}, {xText: whole, yText: short}, theme);
    pen.textAlign = "left"; pen.textBaseline = "middle"; pen.fillStyle = theme.muted;
    for (const v of right.ticks) pen.fillText(`${100 * v} %`, box.right + 6, right.at(v));
    if (record) paintLine(pen, record.steps, record.loss, x, y, {colour: theme.muted, width: 4, dash: [2, 6]});
    paintLine(pen, curve.steps, curve.accuracy, x, right, {colour: theme.muted, width: 1.6, dash: [6, 4]});
    paintLine(pen, curve.steps, curve.loss, x, y, {colour: theme.line, width: 2.2});
    pen.strokeStyle = theme.accent; pen.lineWidth = 1.5;
    pen.beginPath(); pen.moveTo(x.at(step), box.top); pen.lineTo(x.at(step), box.bottom); pen.stroke();
    pen.textBaseline = "alphabetic"; pen.fillStyle = theme.ink;
    pen.fillText(`— loss, nats${record ? "   ∙∙∙ the study's record" : ""}`, 4, 13);
    pen.textAlign = "right";
    pen.fillText("- - correct", width - 4, 13);
  }

  // --- running
  function run(until = LONGEST) {
    if (store.get("shape") === "own" && own.length < 2) { say("Click into an input plane first: a network needs points of two classes."); return; }
    const [, perSecond] = SPEEDS[store.get("speed")] ?? SPEEDS.fastest;
    const rest = shown().length >= (navigator.hardwareConcurrency || 2) ? REST : 0;  // a core is left to painting
    for (const side of shown()) {
      const {live} = sides[side];
      if (!live.diverged) live.send({kind: "run", until: Math.max(until, until === LONGEST ? live.step + LONGEST : until), perSecond, rest});
      sides[side].view.announce(false);
      live.look();
    }
    showRun();
  }
  function stop() {
    for (const side of SIDES) {
      const {live, view} = sides[side];
      if (live.running) { live.send({kind: "pause"}); live.running = false; live.look(); }
      view.announce(true);
    }
    showRun();
  }
  function goTo(step) {
    stop();
    for (const side of shown()) sides[side].live.send({kind: "go", step});
  }

  const train = button("▶ Train", () => { if (running()) stop(); else run(); }, {class: "primary"});
  const once = button("Step", () => goTo(Math.max(...shown().map(side => sides[side].live.step)) + 1));
  const again = button("⟲ Restart", () => { playing = null; restart(); });
  const past = slider({label: "step", words: whole, onchange: step => goTo(step)});
  const speed = select({label: "speed", options: Object.entries(SPEEDS).map(([value, [text]]) => [value, text]), onchange: value => { store.set({speed: value}); if (running()) { stop(); run(); } }});
  function showRun() {
    setText(train, running() ? "❚❚ Pause" : "▶ Train");
    const step = Math.max(...shown().map(side => sides[side].live.step)), last = Math.max(1, ...shown().map(side => sides[side].live.furthest));
    if (document.activeElement !== past.input || running()) {
      past.input.max = last;
      past.input.value = step;
      past.input.disabled = false;
      setText(past.element.querySelector("output"), whole(step));
      past.input.setAttribute("aria-valuetext", `step ${whole(step)}`);
    }
    if (playing && !running() && shown().every(side => sides[side].live.diverged || sides[side].live.step >= playing.until)) finishLesson();
  }

  // --- what is shown
  const WAYS = Array.from({length: 101}, (_, k) => k / 100);
  const way = slider({label: "way from the input", words: v => (v === 1 ? "at the embedding" : `${Math.round(100 * v)} %`), onchange: k => store.set({way: WAYS[k]})});
  const path = select({label: "path", options: [["straight", "straight"], ["layers", "layer by layer"]], onchange: value => store.set({path: value})});
  const ground = select({label: "background", options: GROUNDS, onchange: value => store.set({ground: value})});
  const folds = checkbox({label: "borders of regions", onchange: value => store.set({folds: value})});
  const fixed = checkbox({label: "fixed scale", onchange: value => store.set({scale: value ? "fixed" : "free"})});
  const compareBox = checkbox({label: "two networks", onchange: value => store.set({compare: value})});
  const travel = button("▶ Input → embedding", () => playWay());
  let travelling = null;
  function playWay() {
    if (travelling) { cancelAnimationFrame(travelling); travelling = null; setText(travel, "▶ Input → embedding"); return; }
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) { store.set({way: store.get("way") === 1 ? 0 : 1}); return; }
    const began = performance.now(), frame = now => {
      const value = Math.min(1, Math.max(0, (now - began) / 5000));
      store.set({way: Number(value.toFixed(2))});
      travelling = value < 1 ? requestAnimationFrame(frame) : null;
      if (!travelling) setText(travel, "▶ Input → embedding");
    };
    setText(travel, "❚❚ Pause");
    travelling = requestAnimationFrame(frame);
  }

  // --- data
  const shape = select({label: "data", options: [...Object.entries(SHAPES).map(([value, {words}]) => [value, words]), ["own", "my own points"]],
    onchange: value => store.set({shape: value, ...(SHAPES[value] ? {noise: SHAPES[value].noise} : {})})});
  const arms = numberField({label: "arms", low: 2, high: 8, integer: true, onchange: value => store.set({arms: value})});
  const points = numberField({label: "points", low: 10, high: MAX_POINTS, integer: true, onchange: value => store.set({points: value})});
  const noise = numberField({label: "noise", low: 0, high: 2, onchange: value => store.set({noise: value})});
  const drawn = numberField({label: "seed of the data", low: 0, high: 4294967295, integer: true, onchange: value => store.set({dataseed: value})});
  const tools = select({label: "the pointer", options: [["follow", "follows a point"], ["add", "adds points"], ["move", "moves points"], ["erase", "removes points"]],
    onchange: value => { tool = value; }});
  const ownClass = select({label: "of class", options: Array.from({length: MAX_CLASSES}, (_, k) => [k, `${k} (${shapeName(k)})`]), onchange: value => { brush = Number(value); }});
  const file = element("input", {type: "file", accept: ".csv,.tsv,.txt", "aria-label": "a CSV of points", onchange: () => { if (file.files[0]) readFile(file.files[0]); }});
  const wipe = button("remove all", () => setOwn([], "All points are removed."));
  const status = element("p", {class: "note", role: "status"});
  const ownControls = element("div", {class: "controls own"}, tools.element, ownClass.element, wipe, element("label", {class: "field"}, element("span", {}, "a CSV (or drop it on the page)"), file));

  // Take other points of one's own; networks go on with them, unless there is a class more or less.
  function setOwn(next, text) {
    const before = ownPoints(own).classes;
    own = next;
    store.set({own: own.length <= PACKED ? packPoints(own) : "", shape: "own"});
    data = {...ownPoints(own), version: (data?.version ?? 0) + 1};
    test = null;
    if (data.classes !== before || SIDES.some(side => !sides[side].live.parameters)) { const went = running(); restart(); if (went) run(); }
    else for (const side of shown()) { sides[side].live.send({kind: "data", data: plain(data), test: null}); if (!sides[side].live.running) sides[side].live.look(); }
    say(text ?? `${whole(own.length)} points${own.length > PACKED ? "; too many for the address: a link will not hold them" : ""}`);
  }
  let held = null, lastAdded = null;
  function onplane(kind, at) {
    if (store.get("shape") !== "own" || tool === "follow") return false;
    if (kind === "up") { held = lastAdded = null; return true; }
    const [x, y] = at.map(v => Number(Math.max(-1.1, Math.min(1.1, v)).toFixed(3))), nearest = () => {
      let best = -1, most = 0.06;
      own.forEach((p, k) => { const d = Math.hypot(p.x - x, p.y - y); if (d < most) { most = d; best = k; } });
      return best;
    };
    if (tool === "add") {
      if (lastAdded && Math.hypot(lastAdded[0] - x, lastAdded[1] - y) < 0.05) return true;
      if (own.length >= MAX_POINTS) { say(`At most ${whole(MAX_POINTS)} points.`); return true; }
      lastAdded = [x, y];
      setOwn([...own, {x, y, label: brush}]);
    } else if (tool === "move") {
      if (kind === "down") held = nearest();
      if (held >= 0 && held !== null) setOwn(own.map((p, k) => (k === held ? {...p, x, y} : p)));
    } else {
      const k = nearest();
      if (k >= 0) setOwn(own.filter((_, i) => i !== k));
    }
    return true;
  }
  async function readFile(chosen) {
    try {
      if (chosen.size > 30e6) throw new Error(`${whole(chosen.size / 1e6)} MB; at most 30`);
      const {points: found, names, notes} = parsePoints(await chosen.text());
      setOwn(found, [`${chosen.name}: ${whole(found.length)} points`, `classes ${names.map((name, k) => `${k} = ${name}`).join(", ").slice(0, 120)}`, ...notes].join("; ") + ".");
    } catch (error) {
      say(`${chosen.name} cannot be used: ${error.message}.`);
      status.classList.add("warning");
      return;
    }
    status.classList.remove("warning");
    file.value = "";
  }
  for (const kind of ["dragover", "drop"])
    document.addEventListener(kind, event => {
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files[0]) readFile(event.dataTransfer.files[0]);
    });

  // --- the lesson
  const lesson = element("section", {class: "lesson", "aria-label": "Predict first"});
  function showLesson(answer) {
    const number = store.get("lesson"), part = LESSON[number - 1];
    lesson.hidden = !part;
    if (!part) return;
    const forward = number < LESSON.length ? button("Next question →", () => store.set({lesson: number + 1})) : button("End of the lesson", () => store.set({lesson: 0}));
    const back = button("←", () => store.set({lesson: number - 1}), {"aria-label": "previous question", disabled: number === 1});
    lesson.replaceChildren(
      element("h2", {}, `Predict first, ${number} of ${LESSON.length}: ${part.title}`), element("p", {}, part.question),
      answer ?? element("div", {class: "controls"}, ...part.options.map((option, k) => button(option, () => predict(k)))),
      element("div", {class: "controls"}, back, forward, button("leave the lesson", () => store.set({lesson: 0}))));
  }
  function setUpLesson() {
    const part = LESSON[store.get("lesson") - 1];
    playing = null;
    if (part) store.set({...part.set, speed: "fastest", "member.a": "", "member.b": ""});
  }
  function predict(choice) {
    const part = LESSON[store.get("lesson") - 1];
    store.set(part.set);
    restart();
    playing = {...part, choice};
    showLesson(element("p", {class: "answer", role: "status"}, `You say: ${part.options[choice]}. Training for ${whole(part.until)} steps …`));
    run(part.until);
  }
  function finishLesson() {
    const part = playing;
    playing = null;
    const result = Object.fromEntries(SIDES.map(side => {
      const {view, live, watched} = sides[side];
      return [side, view.shown && {accuracy: view.shown.accuracy, regions: view.shown.regions, loss: live.loss, dead: deadUnits(view.shown.layers, [view.shown.data.x, view.shown.data.y]), watched}];
    }));
    const [held, text] = part.answer(result), right = held === part.choice;
    showLesson(element("p", {class: "answer", role: "status"}, element("b", {}, right ? "As you said: " : `You said “${part.options[part.choice]}”; this run says “${part.options[held]}”: `), text));
  }

  // --- the page
  const dark = button("◐", () => {
    const {dataset} = document.documentElement;
    dataset.theme = (dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark" ? "light" : "dark";
    for (const side of SIDES) { const {view, curve} = sides[side]; view.paint(); curve.paint(); }
  }, {"aria-label": "light or dark"});
  const views = element("div", {class: "two"}, sides.a.view.element, sides.b.view.element);
  root.append(
    element("header", {class: "controls"}, element("h1", {}, "What does width buy?"), shape.element, arms.element, points.element, noise.element, drawn.element,
      button("Predict first: a lesson", () => store.set({lesson: 1})), dark, button("full screen", () => full(document.documentElement))),
    lesson, ownControls, status,
    element("div", {class: "controls run"}, train, once, again, past.element, speed.element, way.element, travel, compareBox.element),
    element("details", {class: "more"}, element("summary", {}, "what is shown"), element("div", {class: "controls"}, ground.element, folds.element, fixed.element, path.element)),
    views,
    element("p", {class: "caption classes"}, "Classes: ", ...Array.from({length: MAX_CLASSES}, (_, k) => element("span", {}, element("span", {class: "class", style: `background:${classColour(k)}`}), `${k} ${shapeName(k)}`))),
  );

  function showControls() {
    const spirals = store.get("shape") === "spirals", ownPointsShown = store.get("shape") === "own";
    shape.set(store.get("shape")); arms.set(store.get("arms")); points.set(store.get("points")); noise.set(store.get("noise")); drawn.set(store.get("dataseed"));
    arms.element.hidden = !spirals;
    for (const one of [points, noise, drawn]) one.element.hidden = ownPointsShown;
    ownControls.hidden = !ownPointsShown;
    tools.set(tool);
    way.set(lastUpTo(WAYS, store.get("way") + 1e-9), WAYS); path.set(store.get("path")); ground.set(store.get("ground")); folds.set(store.get("folds")); fixed.set(store.get("scale") === "fixed");
    compareBox.set(store.get("compare")); speed.set(store.get("speed"));
    views.classList.toggle("alone", !store.get("compare"));
    for (const side of SIDES) sides[side].settings.show();
  }

  store.subscribe(changed => {
    showControls();
    const any = (...names) => names.some(name => changed.has(name));
    if (changed.has("lesson")) { setUpLesson(); showLesson(); }
    if (changed.has("shape") && store.get("shape") === "own") tool = "add", tools.set("add");
    if (any("shape", "arms", "points", "noise", "dataseed", "compare")) { if (!(store.get("shape") === "own" && changed.has("own"))) restart(); }
    else
      for (const side of shown()) {
        if (RESTARTS.some(name => changed.has(`${name}.${side}`))) { const went = sides[side].live.running; begin(side); if (went) run(); }
        else if (any(`rate.${side}`, `decay.${side}`)) sides[side].live.send({kind: "recipe", ...recipeOf(side)});
      }
    if (any(...Object.keys(VIEW_DEFAULTS))) for (const side of shown()) if (sides[side].latest) sides[side].view.show({...sides[side].latest, extent});
  });
  showControls();
  showLesson();
  restart();
  return {store, sides, run, stop, restart, goTo, setOwn, readFile, predict, get playing() { return playing; }, get data() { return data; }};
}

const clamp = (v, low, high) => Math.max(low, Math.min(high, v));
// What a message may hold.
const plain = ({x, y, labels}) => ({x, y, labels});
