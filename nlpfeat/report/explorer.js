// The explorer: any measure of a study against any axis or other measure, one point per member, and the curve of the member under
// the pointer.

const explorers = {};

function startExplorer(page) {
  explorers[page.name] = page;
  page.metadata = JSON.parse(page.metadata);
  for (const numbers of [page.settings, page.measures])  // plain copies, because Bokeh's arrays have no subarray
    for (const name in numbers) numbers[name] = Float64Array.from(numbers[name]);
  page.redraw = () => drawMembers(page);
  page.redraw();
  showMember(page, 0);
  return page;
}

// The values of an axis, or of a measure at the chosen step, for all members.
function valuesOf(page, name) {
  const axis = page.metadata.axes.find(axis => axis.name === name);
  if (axis) return page.settings[name];
  const measure = page.metadata.measures.find(measure => measure.name === name), {steps} = measure;
  const wanted = page.metadata.steps[page.controls.step.value];
  const place = lastUpTo(steps, wanted);
  return Float64Array.from({length: page.metadata.ids.length}, (_, i) => page.measures[name][i * steps.length + place]);
}

// The members that the selects of further axes leave.
const kept = page => page.metadata.ids.map((_, i) => i).filter(i =>
  page.metadata.further.every((name, k) => page.controls.further[k].value === "all" ||
    page.settings[name][i] === Number(page.controls.further[k].value)));

const labelOf = (page, name) => [...page.metadata.axes, ...page.metadata.measures].find(one => one.name === name).label;

function drawMembers(page) {
  const {x: xs, y: ys} = page.controls, members = kept(page);
  const logs = [onLog(page, xs.value, 0), onLog(page, ys.value, 1)];
  const [left, right] = [valuesOf(page, xs.value), valuesOf(page, ys.value)];
  const put = (value, log) => log ? Math.log2(value) : value;
  const here = members.filter(i => Number.isFinite(put(left[i], logs[0])) && Number.isFinite(put(right[i], logs[1])));
  const grid = page.metadata.axes.some(axis => axis.name === xs.value), x = here.map(i => put(left[i], logs[0]));
  const y = here.map(i => put(right[i], logs[1])), widest = Math.max(...x) - Math.min(...x) || 1, seeds = new Map();
  const shifted = x.map((v, k) => {  // points of one grid value side by side
    if (!grid) return v;
    const n = seeds.get(v) ?? 0;
    seeds.set(v, n + 1);
    return v + (((n * 7) % 32) / 32 - 0.5) * 0.03 * widest;
  });
  page.dots.data = {x: shifted, y, member: here, id: here.map(i => page.metadata.ids[i]),
    description: here.map(i => describeMember(page, i)), across: here.map(i => left[i]), up: here.map(i => right[i])};
  page.bands.data = grid ? bands(x, y) : {x: [], low: [], median: [], high: []};
  page.across.axis_label = labelOf(page, xs.value);
  page.up.axis_label = labelOf(page, ys.value);
  [page.across, page.up].forEach((axis, k) => { axis.formatter.args = {log: logs[k]}; });
  const missing = members.length - here.length, last = page.metadata.steps[page.controls.step.value];
  page.plot.title.text = `${here.length.toLocaleString("en")} members at step ${last.toLocaleString("en")}` +
    (missing ? `, ${missing} without this value` : "");
}

// Whether an axis of the plot is logarithmic: grid axes of several octaves are, measures where the box is ticked.
function onLog(page, name, which) {
  const axis = page.metadata.axes.find(axis => axis.name === name);
  return axis ? axis.log : page.controls.log.active.includes(which);
}

// Quartiles of y at each value of x, by NumPy's linear interpolation.
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

const describeMember = (page, i) => page.metadata.axes.map(({name, label}) => `${label} ${page.settings[name][i]}`).join(", ");

// The curve of a member over training on every split, in front of the members that differ only in the seed.
function showMember(page, i) {
  const measure = page.metadata.measures.find(measure => measure.name === page.controls.y.value);
  page.member = i;
  if (!measure) { page.own.data = {xs: [], ys: [], colour: [], name: []}; page.others.data = {xs: [], ys: []}; return; }
  const family = page.metadata.measures.filter(one => one.family === measure.family), colours = page.metadata.split_colours;
  const curve = (one, k) => Array.from(page.measures[one.name].subarray(k * one.steps.length, (k + 1) * one.steps.length));
  page.own.data = {xs: family.map(one => one.steps), ys: family.map(one => curve(one, i)),
    colour: family.map(one => colours[one.split] ?? "#0072B2"), name: family.map(one => one.split || one.label)};
  const alike = page.metadata.ids.map((_, k) => k).filter(k => page.metadata.axes.every(({name}) =>
    name === "seed" || page.settings[name][k] === page.settings[name][i])).slice(0, 100);
  page.others.data = {xs: alike.map(() => measure.steps), ys: alike.map(k => curve(measure, k))};
  page.curves.title.text = `${describeMember(page, i)} · ${page.metadata.ids[i]}`;
  page.beside.axis_label = measure.family.replaceAll("_", " ");
}

// Show a member's curve, and its network in the first view of the unwarper where the page contains it.
function pickMember(page, i) {
  showMember(page, i);
  const unwarper = unwarpers[page.name], net = unwarper?.metadata.nets.find(({id}) => id === page.metadata.ids[i]);
  if (!net) return;
  net.at.forEach((place, k) => unwarper.views.a.axes[k].value = place);
  const suffix = " · now left in the unwarper", {title} = page.curves;
  if (!title.text.endsWith(suffix)) title.text += suffix;
}

// The label of a tick: on a logarithmic axis, the value that it stands for.
const tickText = (tick, log) => {
  const value = log ? 2 ** tick : tick;
  return Number(value.toPrecision(3)).toLocaleString("en", {maximumSignificantDigits: 3});
};
