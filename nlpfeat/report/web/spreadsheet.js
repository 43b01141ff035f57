// The spreadsheet of the lesson on collaborative filtering: the users and films with most ratings, a few numbers for each, and the ratings given
// beside those predicted, solved by gradient descent while one looks. Source: fast.ai, lesson 4, whose sheet has 15 × 15 and five numbers.

import {button, checkbox, element, setText, slider} from "./elements.js";
import {uniformStream} from "./numbers.js";

const RATES = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02], PER_FRAME = 4, LONGEST = 4000;

// Parameters at the start: small positive numbers, so that the first predictions are near the middle of the ratings.
export function startSheet({users, items, factors, seed = 0}) {
  const uniform = uniformStream(seed), table = (rows, columns) => Array.from({length: rows}, () => Float64Array.from({length: columns}, () => uniform()));
  return {users: table(users, factors), items: table(items, factors), userBias: new Float64Array(users), itemBias: new Float64Array(items)};
}

export const predictedRating = (sheet, user, item, biased) =>
  sheet.users[user].reduce((sum, v, f) => sum + v * sheet.items[item][f], biased ? sheet.userBias[user] + sheet.itemBias[item] : 0);

// Root mean square error over the ratings given; `given` has NaN where there is none.
export function errorOf(sheet, given, biased) {
  let sum = 0, count = 0;
  given.forEach((row, user) => row.forEach((rating, item) => { if (Number.isFinite(rating)) { sum += (predictedRating(sheet, user, item, biased) - rating) ** 2; count++; } }));
  return Math.sqrt(sum / count);
}

// One step of gradient descent on the sum of squared errors over two, in place.
export function sheetStep(sheet, given, rate, biased) {
  const gradient = startSheet({users: sheet.users.length, items: sheet.items.length, factors: sheet.users[0].length});
  for (const rows of [gradient.users, gradient.items]) for (const row of rows) row.fill(0);
  given.forEach((row, user) => row.forEach((rating, item) => {
    if (!Number.isFinite(rating)) return;
    const miss = predictedRating(sheet, user, item, biased) - rating;
    for (let f = 0; f < sheet.users[user].length; f++) { gradient.users[user][f] += miss * sheet.items[item][f]; gradient.items[item][f] += miss * sheet.users[user][f]; }
    gradient.userBias[user] += miss;
    gradient.itemBias[item] += miss;
  }));
  for (const name of ["users", "items"]) sheet[name].forEach((row, k) => row.forEach((_, f) => { row[f] -= rate * gradient[name][k][f]; }));
  if (biased) for (const name of ["userBias", "itemBias"]) sheet[name].forEach((_, k) => { sheet[name][k] -= rate * gradient[name][k]; });
}

// data: {users, items, ratings (users × items, NaN: none), factors}
export function createSpreadsheet(data) {
  const {users, items} = data, given = users.map((_, u) => Array.from(data.ratings.subarray(u * items.length, (u + 1) * items.length)));
  let sheet = null, biased = true, rate = RATES[3], steps = 0, running = null;
  const status = element("p", {class: "note"}), cells = [], numbers = {users: [], items: [], userBias: [], itemBias: []};
  const cell = (text = "", properties = {}) => element("td", properties, text);
  const head = element("tr", {}, element("th", {scope: "col"}, "user"), element("th", {scope: "col"}, "bias"), element("th", {scope: "col"}, `${data.factors} numbers`),
    ...items.map((title, k) => { numbers.items[k] = element("small"); numbers.itemBias[k] = element("small"); return element("th", {scope: "col", class: "film", title}, element("span", {}, title), numbers.itemBias[k], numbers.items[k]); }));
  const rows = users.map((name, u) => {
    numbers.userBias[u] = cell(); numbers.users[u] = cell("", {class: "numbers"});
    cells[u] = given[u].map(rating => {
      const shown = element("small"), one = cell(Number.isFinite(rating) ? String(rating) : "·", {class: Number.isFinite(rating) ? "given" : "none"});
      one.append(element("br"), shown);
      one.shown = shown;
      return one;
    });
    return element("tr", {}, element("th", {scope: "row"}, name), numbers.userBias[u], numbers.users[u], ...cells[u]);
  });
  const signed = v => (v < 0 ? "−" : "") + Math.abs(v).toFixed(1);

  function show() {
    cells.forEach((row, u) => row.forEach((one, i) => {
      const value = predictedRating(sheet, u, i, biased), miss = value - given[u][i];
      setText(one.shown, value.toFixed(1));
      one.style.background = Number.isFinite(miss) ? `color-mix(in srgb, ${miss > 0 ? "#D55E00" : "#0072B2"} ${Math.min(60, Math.round(30 * Math.abs(miss)))}%, transparent)` : "";
    }));
    users.forEach((_, u) => { setText(numbers.users[u], Array.from(sheet.users[u], signed).join(" ")); setText(numbers.userBias[u], biased ? signed(sheet.userBias[u]) : "–"); });
    items.forEach((_, i) => { setText(numbers.items[i], Array.from(sheet.items[i], signed).join(" ")); setText(numbers.itemBias[i], biased ? signed(sheet.itemBias[i]) : "–"); });
    const error = errorOf(sheet, given, biased);
    setText(status, Number.isFinite(error) ? `Step ${steps}: root mean square error ${error.toFixed(3)} stars over ${given.flat().filter(Number.isFinite).length} ratings` :
      "The numbers have grown beyond all bounds: the rate is too large. Choose a smaller one and start again.");
    return Number.isFinite(error);
  }
  function restart() { pause(); sheet = startSheet({users: users.length, items: items.length, factors: data.factors}); steps = 0; show(); }
  function advance(count) { for (let k = 0; k < count; k++) { sheetStep(sheet, given, rate, biased); steps++; } return show(); }
  function pause() { cancelAnimationFrame(running); running = null; setText(solve, "▶ Solve"); }
  const frame = () => { if (!advance(PER_FRAME) || steps >= LONGEST) pause(); else running = requestAnimationFrame(frame); };
  const solve = button("▶ Solve", () => { if (running) { pause(); return; } setText(solve, "❚❚ Pause"); running = requestAnimationFrame(frame); }, {class: "primary"});
  const biasBox = checkbox({label: "biases", onchange: value => { biased = value; restart(); }}), rateSlider = slider({label: "rate", words: String, onchange: k => { rate = RATES[k]; }});
  rateSlider.set(3, RATES);
  biasBox.set(true);
  restart();
  return {
    advance, restart, get error() { return errorOf(sheet, given, biased); }, redraw() { show(); }, setBiased(value) { biased = value; biasBox.set(value); restart(); },
    element: element("div", {},
      element("p", {}, `The ${users.length} users and ${items.length} films with the most ratings. Large: the rating given; small, below: the one predicted, the scalar product of the user's numbers and the film's, ` +
        "plus their biases. Orange: predicted too high, blue: too low. With the rating unknown (·) the prediction is a recommendation."),
      element("div", {class: "controls"}, solve, button("one step", () => advance(1)), button("start again", restart), biasBox.element, rateSlider.element), status,
      element("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "the spreadsheet"}, element("table", {class: "sheet"}, head, ...rows))),
  };
}
