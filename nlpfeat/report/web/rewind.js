// The past of a training: copies of its state at evenly spaced steps, from which any earlier step is reached again by training on: by the same
// numbers, unless the rate or the points have changed since.

const LIMIT = 400, BYTES = 48e6;  // copies kept: at most so many, of at most so many bytes together

export function createHistory(size) {
  return {every: 1, copies: [], most: Math.max(2, Math.min(LIMIT, Math.floor(BYTES / (12 * size))))};
}

// Keep a copy where one is due; where there are too many, every second one is dropped.
export function remember(history, training) {
  if (training.step % history.every) return;
  while (history.copies.at(-1)?.step >= training.step) history.copies.pop();  // a rewound training writes its future anew
  history.copies.push(copyOf(training));
  if (history.copies.length <= history.most) return;
  history.every *= 2;
  history.copies = history.copies.filter(({step}) => step % history.every === 0);
}

// The last copy up to a step, as a training that can go on.
export const recall = (history, step) => copyOf(history.copies.findLast(copy => copy.step <= step) ?? history.copies[0]);

const copyOf = ({net, parameters, moments, step}) => ({net, parameters: parameters.slice(), moments: moments.map(part => part.slice()), step});
