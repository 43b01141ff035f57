// The unwarper: nets of a study, picked by sliders, drawn on the plane and in their embedding, in one view or two.
// All that is drawn is computed here from the stored weights; see net.js, and drawing.js for the pictures.

const unwarpers = {};

// Start an unwarper and draw it. `about` is JSON, `numbers` the weights, views and controls hold Bokeh models.
function startUnwarper({name, about: text, numbers, points, labels, grid, views, controls}) {
  const about = JSON.parse(text);
  const index = new Map(about.nets.map((net, i) => [net.at.join(), i]));
  const page = unwarpers[name] = {name, about, views, controls, index, playing: null, alone: false};
  // Bokeh's arrays cannot be cut into parts: plain copies can.
  page.numbers = Float64Array.from(numbers);
  page.points = Float64Array.from(points);
  page.labels = Uint8Array.from(labels);
  page.grid = {...about.grid, x: Float64Array.from(grid.x), y: Float64Array.from(grid.y)};
  page.redraw = () => { setTimeout(() => page.playing?.next()); for (const view of Object.values(views)) drawView(page, view); };
  page.redraw();
  return page;
}

// Show both views, or the first one by itself.
function compare(name, both) {
  unwarpers[name].alone = !both;
  document.getElementById(`${name}-views`).classList.toggle("alone", !both);
  unwarpers[name].redraw();
}

// The net that a view's sliders name, or undefined.
const chosen = (page, view) => page.about.nets[page.index.get(view.axes.map(slider => slider.value).join())];

// Which of a net's stored steps is shown: the last one up to the slider's.
function stepOf(page, net) {
  const wanted = page.about.steps[page.controls.step.value], all = page.about.steps_of[net.steps];
  const place = lastUpTo(all, wanted);
  return {place, step: all[place]};
}

function layersOf(page, net, place) {
  const size = net.shapes.reduce((sum, [out, inputs]) => sum + out * (inputs + 1), 0);
  return layersAt(net, page.numbers, net.start + place * size);
}

// The training points of a net: x, y, class.
function pointsOf(page, net) {
  const {start, count} = page.about.points[net.points], total = page.labels.length;
  const part = from => page.points.subarray(from + start, from + start + count);
  return {x: part(0), y: part(total), labels: page.labels.subarray(start, start + count)};
}

// What is known of a net at a step: its layers, linear regions and folds, and where it puts the points and the grid.
// Kept until another is asked for.
function netAt(page, view, net) {
  const {place, step} = stepOf(page, net), key = `${net.id} ${place}`;
  if (view.known?.key !== key) {
    const layers = layersOf(page, net, place), embed = layers.slice(0, -1), {pieces, folds} = linearRegions(embed, page.about.window);
    const data = pointsOf(page, net), image = forward(embed, [data.x, data.y]), scores = applyLayer(layers.at(-1), image);
    const right = data.labels.reduce((sum, own, k) => sum + (winner(scores, k) === own), 0) / data.labels.length;
    view.known = {key, net, step, layers, pieces, folds, data, image, warped: forward(embed, [page.grid.x, page.grid.y]), right};
  }
  return view.known;
}

// Draw one view from the state of all controls.
function drawView(page, view) {
  if (page.alone && view === page.views.b) return;
  const net = chosen(page, view);
  if (!net) { say(page, view, "note", "This page does not hold that net: move a slider."); return; }
  const known = netAt(page, view, net), probe = [page.controls.x.value ?? 0, page.controls.y.value ?? 0];
  drawPlane(page, view, known);
  view.probe.data = {x: [probe[0]], y: [probe[1]]};
  const where = drawSpace(page, view, known, probe);
  drawUnits(view, known.layers, probe);
  say(page, view, "space", where);
  const shades = {on: "; light: many units on, dark: few", stretch: "; red enlarges areas, blue shrinks them"}[page.controls.ground.value] ?? "";
  say(page, view, "plane", `Input: ${known.pieces.length.toLocaleString("en")} linear regions in this square${shades}`);
  say(page, view, "note", told(page, known));
  say(page, view, "point", follow(known.layers, probe));
  view.shown = {net: net.id, step: known.step, regions: known.pieces.length, right: known.right};
}

// Write a line of a view.
function say(page, view, what, text) {
  const side = view === page.views.a ? "a" : "b", line = document.getElementById(`${page.name}-${side}-${what}`);
  if (line.textContent !== text) line.textContent = text;
}

// Whether readers of the screen tell which net is shown whenever it changes: not in a play, many times a second.
function speak(page, aloud) {
  for (const side of ["a", "b"]) document.getElementById(`${page.name}-${side}-note`).setAttribute("aria-live", aloud ? "polite" : "off");
}

// Which net a view shows, in words.
function told(page, {net, step, right}) {
  const who = page.about.axes.map(({name, values}, i) => `${name.replaceAll("_", " ")} ${values[net.at[i]]}`).join(", ");
  const wanted = page.about.steps[page.controls.step.value];
  const behind = step < wanted ? `, the last one kept before ${wanted.toLocaleString("en")}` : "";
  return `${who ? who + ", " : ""}step ${step.toLocaleString("en")}${behind}: ${(100 * right).toFixed(1)} % of its training points right (${net.id})`;
}

// What becomes of a point, in words.
function follow(layers, probe) {
  const rows = trace(layers, ...probe), scores = rows.at(-1);
  const on = layers.flatMap(({slope}, i) => slope === 1 ? [] : [`${rows[i + 1].filter(v => v > 0).length} of ${rows[i + 1].length}`]);
  const best = scores.indexOf(Math.max(...scores)), chance = 1 / scores.reduce((sum, s) => sum + Math.exp(s - scores[best]), 0);
  return `Point (${probe.map(short).join(", ")}): ${on.join(", ")} units on → embedding (${rows.at(-2).map(short).join(", ")}) → ` +
    (scores.filter(score => score === scores[best]).length > 1 ? "a tie" : `class ${best} with probability ${chance.toFixed(2)}`);
}

// Follow the training point that lies nearest to a place in the embedding, or on the way there.
function pickNearest(page, view, x, y) {
  const [xs, ys] = view.moved, {data} = view.known;
  let nearest = 0;
  xs.forEach((_, k) => {
    if (Math.hypot(xs[k] - x, ys[k] - y) < Math.hypot(xs[nearest] - x, ys[nearest] - y)) nearest = k;
  });
  moveTo(page, data.x[nearest], data.y[nearest]);
}

// Follow another point.
function moveTo(page, x, y) {
  page.controls.x.value = Number(x.toFixed(4));
  page.controls.y.value = Number(y.toFixed(4));
}

// Move a slider from its start, or from where it is, to its end in some seconds; again: stop.
// A frame is asked for once the last one is drawn: Bokeh, which was asked to paint by then, paints first (60 times a second at most),
// and nothing is computed that is not seen.
function play(page, which, button, seconds) {
  const slider = page.controls[which], label = button.label;
  if (page.playing) { page.playing.stop(); if (page.playing.which === which) { page.playing = null; return; } }
  const from = slider.value >= slider.end ? slider.start : slider.value, whole = slider.end - slider.start;
  let began = null, frames = 0, asked = null;
  const stop = () => { cancelAnimationFrame(asked); button.label = label; speak(page, true); };
  const next = () => { cancelAnimationFrame(asked); asked = requestAnimationFrame(frame); };
  const frame = now => {
    began ??= now;
    const value = Math.min(slider.end, from + whole * (now - began) / 1000 / seconds), place = slider.step >= 1 ? Math.floor(value) : value;
    if (place === slider.value) next();
    else { slider.value = place; frames++; }
    if (value >= slider.end) { page.rate = 1000 * frames / (performance.now() - began); stop(); page.playing = null; }
  };
  page.playing = {which, stop, next};
  button.label = "❚❚ Pause";
  speak(page, false);
  next();
}
