// What the page of maps does: labels where there is room, search, and coordinates as CSV.

// Show the names in view that do not cover one another: selected ones first, then the most telling.
function labels({source, shown, plot, number}) {
  const data = source.data, chosen = new Set(source.selected.indices);
  const x = data["x" + number], y = data["y" + number];
  const {start: left, end: right} = plot.x_range, {start: low, end: high} = plot.y_range;
  const width = plot.inner_width || plot.width, height = plot.inner_height || plot.height;
  const order = [...data.name.keys()].sort((a, b) =>
    chosen.has(b) - chosen.has(a) || data.weight[b] - data.weight[a]);
  const boxes = [], now = {x: [], y: [], name: [], colour: []};
  for (const i of order) {
    if (boxes.length >= 120 || (chosen.size > 0 && !chosen.has(i))) break;
    const px = (x[i] - left) / (right - left) * width, py = (y[i] - low) / (high - low) * height;
    const box = [px + 5, py + 3, px + 5 + 6.2 * data.name[i].length, py + 16];
    const outside = box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height;
    if (outside || boxes.some(b => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
    boxes.push(box);
    now.x.push(x[i]); now.y.push(y[i]); now.name.push(data.name[i]); now.colour.push(data.colour[i]);
  }
  shown.data = now;
}

// Select what is typed, else what begins with it, else what holds it.
function search({source, found, value}) {
  const asked = value.trim().toLowerCase(), names = source.data.name.map(name => name.toLowerCase());
  const where = fits => names.flatMap((name, i) => fits(name) ? [i] : []);
  let hits = where(name => name === asked);
  if (asked && hits.length === 0) hits = where(name => name.startsWith(asked));
  if (asked.length > 2 && hits.length === 0) hits = where(name => name.includes(asked));
  source.selected.indices = asked ? hits : [];
  const listed = hits.slice(0, 12).map(i => source.data.name[i]).join(", ") + (hits.length > 12 ? " …" : "");
  // As text: a name may hold markup.
  const escaped = listed.replace(/[&<>]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;"}[c]));
  found.text = !asked ? "" : hits.length ? `${hits.length} found: ${escaped}` : "nothing of that name on this map";
}

// Nothing selected, nothing searched.
function clear({source, found, field}) {
  source.selected.indices = [];
  field.value = ""; field.value_input = "";
  found.text = "";
}

// Download every point with its coordinates on each map.
function save({source, titles, columns, kind}) {
  const data = source.data, quote = text => `"${String(text).replaceAll('"', '""')}"`;
  const heads = [kind, ...columns, ...titles.flatMap(t => [`${t}: x`, `${t}: y`])];
  const lines = data.name.map((name, i) => [
    quote(name), ...columns.map(column => typeof data[column][i] === "string" ? quote(data[column][i]) : data[column][i]),
    ...titles.flatMap((_, n) => [data["x" + n][i], data["y" + n][i]])].join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([[heads.map(quote).join(","), ...lines].join("\n") + "\n"], {type: "text/csv"}));
  link.download = `${kind}_map.csv`;
  link.click();
}
