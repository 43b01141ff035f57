// One side of the playground: a network that trains live, its settings, its pictures, its curve, and what is to be said of it.

import {button, element, numberField, select, setText, slider} from "./elements.js";
import {createFigure} from "./figure.js";
import {CURVE_HEIGHT, paintLearningCurve} from "./learning_curve.js";
import {besideRecord, createLive, plainPoints} from "./live.js";
import {layersAt} from "./net.js";
import {createNetView} from "./net_view.js";
import {percent, setting, short, whole} from "./numbers.js";
import {gridOf, radiusOf, windingOf} from "./scene.js";
import {initialParameters, networkOf} from "./train.js";

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 24, 32, 48, 64, 80, 100, 150, 200], DEPTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const RATES = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 10, 1000], DECAYS = [0, 1e-5, 1e-4, 1e-3, 1e-2];
const ACTIVATIONS = {relu: ["ReLU", 0], leaky: ["leaky ReLU, slope 0.1", 0.1], half: ["leaky ReLU, slope 0.5", 0.5], tanh: ["tanh", "tanh"]};
const OF_MEMBER = ["width", "depth", "activation", "rate", "decay", "seed"], FIXED = ["width", "depth", "activation", "seed"];
const EXPLODED = 10;  // times the loss of guessing

export const NET_DEFAULTS = {width: 100, depth: 1, activation: "relu", rate: 0.01, decay: 1e-5, seed: 0, member: ""};
export const NET_LIMITS = {width: {low: 1, high: 1000, whole: true}, depth: {low: 0, high: 8, whole: true}, activation: Object.keys(ACTIVATIONS), rate: {low: 0, high: 1e6},
  decay: {low: 0, high: 1e6}, seed: {low: 0, high: 4294967295, whole: true}};
export const RESTARTS = ["width", "depth", "activation", "seed", "member"];
const grid = gridOf(1);

// side is "a" or "b"; members are those of a study; points() and heldOut() are the present data; onchange() is called when an answer of the
// trainer has arrived; rerun() trains on.
export function createSide({side, label, store, script, members, points, heldOut, onplane, onchange, rerun}) {
  const get = name => store.get(`${name}.${side}`), set = name => value => store.set({[`${name}.${side}`]: value});
  const member = () => members.find(one => one.id === get("member")), data = () => member()?.data ?? points();
  const recipe = () => ({rate: get("rate"), decay: get("decay")});
  let net = null, latest = null;
  const live = createLive(script, () => { one.fresh = true; onchange(); });
  const view = createNetView({name: () => `${side === "a" ? "left" : "right"}-step-${live.step}`, label, store, onplane});
  const curve = createFigure({name: () => `${side}-curve`, label: `${label}: loss and accuracy over training`, height: () => CURVE_HEIGHT,
    paint: (pen, width, height, theme) => paintLearningCurve(pen, width, height, live, member()?.record, theme)});
  const note = element("p", {class: "note"}), settings = settingsOf();
  setText(curve.caption, "Training so far");
  view.element.prepend(settings.element);
  view.headline.after(note);
  view.figures.units.element.before(curve.element);

  function settingsOf() {
    const listed = (name, list, text, words) => {
      let values = list;
      const control = slider({label: text, words, onchange: index => set(name)(values[index])});
      return {element: control.element, input: control.input, show(value) {
        values = list.includes(value) ? list : [...list, value].sort((a, b) => a - b);
        control.set(values.indexOf(value), values);
      }};
    };
    const activation = select({label: "activation", options: Object.entries(ACTIVATIONS).map(([value, [text]]) => [value, text]), onchange: set("activation")});
    const seed = numberField({label: "seed", low: 0, high: 4294967295, integer: true, onchange: set("seed")});
    const parts = {
      width: listed("width", WIDTHS, "width", whole), depth: listed("depth", DEPTHS, "hidden layers", v => (v ? String(v) : "none: linear")),
      rate: listed("rate", RATES, "learning rate", setting), decay: listed("decay", DECAYS, "weight decay", setting),
      activation: {...activation, show: activation.set}, seed: {...seed, show: seed.set},
    };
    const first = members.length ? select({label: "first weights", options: [["", "drawn from the seed"], ...members.map(one_ => [one_.id, one_.label])], onchange: startFrom}) : null;
    return {
      element: element("div", {class: "controls settings"}, first?.element, parts.width.element, parts.rate.element, parts.seed.element,
        element("details", {class: "more"}, element("summary", {}, "more"), element("div", {class: "controls"}, parts.depth.element, parts.activation.element, parts.decay.element))),
      show() {
        for (const [name, part] of Object.entries(parts)) {
          part.show(get(name));
          part.input.disabled = Boolean(member()) && FIXED.includes(name);
        }
        first?.set(get("member"));
      },
    };
  }

  // Start from the first weights of a member, or from weights drawn from the seed.
  function startFrom(id) {
    const chosen = members.find(one_ => one_.id === id);
    store.set({[`member.${side}`]: id, ...(chosen ? Object.fromEntries(OF_MEMBER.map(name => [`${name}.${side}`, chosen[name]])) : {})});
  }

  // Begin anew, at step 0.
  function begin() {
    const own = member();
    net = own?.net ?? networkOf({width: get("width"), depth: get("depth"), activation: (ACTIVATIONS[get("activation")] ?? ACTIVATIONS.relu)[1], classes: data().classes});
    latest = null;
    one.watched = [];
    live.start({net, parameters: own?.parameters ?? initialParameters(net, get("seed")), data: plainPoints(data()), test: own ? null : heldOut() && plainPoints(heldOut()), ...recipe()});
  }

  function headline() {
    const depth = get("depth"), shape = depth === 0 ? "Linear" : `Width ${get("width")}${depth > 1 ? ` in ${depth} layers` : ""}`;
    return `${shape}, step ${whole(live.step)}`;
  }

  // Show the present state; at a fixed scale, `extent` is half the side of the embedding's square.
  function show(extent, watching) {
    one.fresh = false;
    if (!live.diverged || !latest) {
      latest = {key: `${live.version} ${live.step} ${data().labels.length} ${data().version ?? 0}`, layers: layersAt(net, Float64Array.from(live.parameters)), data: data(), grid,
        headline: headline(), id: member() ? `first weights and points of ${member().label}` : `weights drawn from seed ${get("seed")}`};
      view.show({...latest, extent});
      const {scene} = view.shown;
      if (watching) one.watched.push({step: live.step, radius: radiusOf(scene.image), winding: windingOf(scene.image, data().labels, data().classes)});
      one.painted++;
    }
    curve.paint();
    showNote();
  }

  // What is to be said: that training diverged, and the ways back, or how it stands beside held-out points and the record.
  function showNote() {
    const {rate} = recipe(), exploded = live.diverged || live.loss > EXPLODED * Math.log(data().classes), key = exploded ? `${live.version} ${rate} ${live.diverged}` : "";
    note.classList.toggle("warning", exploded);
    if (!exploded) {
      delete note.dataset.of;
      note.removeAttribute("role");
      setText(note, !data().labels.length ? "" : `${live.test === null ? "" : `held-out points: ${percent(live.test)}; `}loss ${short(live.loss)} nats${besideTheStudy()}`);
      return;
    }
    const said = live.diverged ? `Training diverged at step ${whole(live.step)}: the loss is no longer a number. A rate of ${setting(rate)} is too large. ` :
      `At step ${whole(live.step)} the loss is ${short(live.loss)} nats, far above that of guessing: a rate of ${setting(rate)} is too large. `;
    if (note.dataset.of === key) { note.firstChild.textContent = said; return; }  // its buttons stay where they are
    note.dataset.of = key;
    note.setAttribute("role", "alert");
    const smaller = Number((rate / 10).toPrecision(1)), back = lastGoodStep();
    note.replaceChildren(
      said,
      button(`start again at ${setting(smaller)}`, () => { store.set({[`rate.${side}`]: smaller}); begin(); rerun(); }), " ",
      button(`back to step ${whole(back)}`, () => { live.send({kind: "pause"}); live.send({kind: "go", step: back}); }));
  }
  function lastGoodStep() {
    const {loss, steps} = live.curve, place = loss.findLastIndex(value => value <= 1.2 * loss[0]);
    return place >= 0 ? steps[place] : 0;
  }
  function besideTheStudy() {
    const own = member();
    if (!own) return "";
    const {rate, decay} = recipe(), said = besideRecord(live, own.record);
    if (rate !== own.rate || decay !== own.decay) return `; the study's record is of rate ${setting(own.rate)} and decay ${setting(own.decay)}`;
    return said && `; ${said}`;
  }

  const one = {
    side, live, view, curve, note, settings, begin, show, member, data, startFrom, recipe, watched: [], painted: 0, fresh: false,
    // Paint again what is shown, after another choice of how.
    repaint(extent) { if (latest) view.show({...latest, extent}); },
    restyle() { view.paint(); curve.paint(); },
  };
  return one;
}
