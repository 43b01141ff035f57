// The explorer: any measure of a study against any axis or other measure, every member a point, with the curve of the one
// that is pointed at.

const explorers = {};

function startExplorer(page) {
  explorers[page.name] = page;
  page.about = JSON.parse(page.about);
  for (const numbers of [page.settings, page.measures])  // Bokeh's arrays cannot be cut into parts: plain copies can
    for (const name in numbers) numbers[name] = Float64Array.from(numbers[name]);
  page.redraw = () => drawMembers(page);
  page.redraw();
  showMember(page, 0);
  return page;
}

// A value of a member, as an axis or a measure at the chosen step has it.
function valuesOf(page, name) {
  const axis = page.about.axes.find(axis => axis.name === name);
  if (axis) return page.settings[name];
  const measure = page.about.measures.find(measure => measure.name === name), {steps} = measure;
  const wanted = page.about.steps[page.controls.step.value];
  const place = lastUpTo(steps, wanted);
  return Float64Array.from({length: page.about.ids.length}, (_, i) => page.measures[name][i * steps.length + place]);
}

// Which members the selects of further axes leave.
const kept = page => page.about.ids.map((_, i) => i).filter(i =>
  page.about.further.every((name, k) => page.controls.further[k].value === "all" ||
    page.settings[name][i] === Number(page.controls.further[k].value)));

const labelOf = (page, name) => [...page.about.axes, ...page.about.measures].find(one => one.name === name).label;

function drawMembers(page) {
  const {x: xs, y: ys} = page.controls, members = kept(page);
  const logs = [onLog(page, xs.value, 0), onLog(page, ys.value, 1)];
  const [left, right] = [valuesOf(page, xs.value), valuesOf(page, ys.value)];
  const put = (value, log) => log ? Math.log2(value) : value;
  const here = members.filter(i => Number.isFinite(put(left[i], logs[0])) && Number.isFinite(put(right[i], logs[1])));
  const grid = page.about.axes.some(axis => axis.name === xs.value), x = here.map(i => put(left[i], logs[0]));
  const y = here.map(i => put(right[i], logs[1])), widest = Math.max(...x) - Math.min(...x) || 1, seeds = new Map();
  const shifted = x.map((v, k) => {  // points of one place side by side
    if (!grid) return v;
    const n = seeds.get(v) ?? 0;
    seeds.set(v, n + 1);
    return v + (((n * 7) % 32) / 32 - 0.5) * 0.03 * widest;
  });
  page.dots.data = {x: shifted, y, member: here, id: here.map(i => page.about.ids[i]),
    told: here.map(i => describeMember(page, i)), left: here.map(i => left[i]), right: here.map(i => right[i])};
  page.bands.data = grid ? bands(x, y) : {x: [], low: [], median: [], high: []};
  page.across.axis_label = labelOf(page, xs.value);
  page.up.axis_label = labelOf(page, ys.value);
  [page.across, page.up].forEach((axis, k) => { axis.formatter.args = {log: logs[k]}; });
  const missing = members.length - here.length, last = page.about.steps[page.controls.step.value];
  page.plot.title.text = `${here.length.toLocaleString("en")} members at step ${last.toLocaleString("en")}` +
    (missing ? `, ${missing} without this value` : "");
}

// Whether an axis of the plot is logarithmic: grid axes of several octaves are, measures where the box is ticked.
function onLog(page, name, which) {
  const axis = page.about.axes.find(axis => axis.name === name);
  return axis ? axis.log : page.controls.log.active.includes(which);
}

// Quartiles of y at each place x, as numpy has them.
function bands(x, y) {
  const groups = new Map();
  x.forEach((v, k) => { if (!groups.has(v)) groups.set(v, []); groups.get(v).push(y[k]); });
  const places = [...groups.keys()].sort((a, b) => a - b);
  const at = (values, share) => {
    const place = share * (values.length - 1), low = Math.floor(place), high = Math.min(low + 1, values.length - 1);
    return values[low] + (place - low) * (values[high] - values[low]);
  };
  const sorted = places.map(v => groups.get(v).sort((a, b) => a - b));
  return {x: places, ...Object.fromEntries([["low", 0.25], ["median", 0.5], ["high", 0.75]].map(
    ([name, share]) => [name, sorted.map(values => at(values, share))]))};
}

const describeMember = (page, i) => page.about.axes.map(({name, label}) => `${label} ${page.settings[name][i]}`).join(", ");

// The curve of a member over training, on every part of the data, before those of the members that differ in seed alone.
function showMember(page, i) {
  const measure = page.about.measures.find(measure => measure.name === page.controls.y.value);
  page.member = i;
  if (!measure) { page.own.data = {xs: [], ys: [], colour: [], name: []}; page.others.data = {xs: [], ys: []}; return; }
  const family = page.about.measures.filter(one => one.family === measure.family), colours = page.about.split_colours;
  const curve = (one, k) => Array.from(page.measures[one.name].subarray(k * one.steps.length, (k + 1) * one.steps.length));
  page.own.data = {xs: family.map(one => one.steps), ys: family.map(one => curve(one, i)),
    colour: family.map(one => colours[one.split] ?? "#0072B2"), name: family.map(one => one.split || one.label)};
  const alike = page.about.ids.map((_, k) => k).filter(k => page.about.axes.every(({name}) =>
    name === "seed" || page.settings[name][k] === page.settings[name][i])).slice(0, 100);
  page.others.data = {xs: alike.map(() => measure.steps), ys: alike.map(k => curve(measure, k))};
  page.curves.title.text = `${describeMember(page, i)} · ${page.about.ids[i]}`;
  page.beside.axis_label = measure.family.replaceAll("_", " ");
}

// Show a member's curve, and its net in the first view of the unwarper, where the page holds it.
function pickMember(page, i) {
  showMember(page, i);
  const unwarper = unwarpers[page.name], net = unwarper?.about.nets.find(({id}) => id === page.about.ids[i]);
  if (!net) return;
  net.at.forEach((place, k) => unwarper.views.a.axes[k].value = place);
  const told = " · now left in the unwarper", {title} = page.curves;
  if (!title.text.endsWith(told)) title.text += told;
}

// A tick on a logarithmic axis, told as the value it stands for.
const tickText = (tick, log) => {
  const value = log ? 2 ** tick : tick;
  return Number(value.toPrecision(3)).toLocaleString("en", {maximumSignificantDigits: 3});
};
