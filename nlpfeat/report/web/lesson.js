// The lesson "Predict first": eight questions, each with a run, and the answer from this run.
//
// A part is {title, question, options, set, until, watch?, answer}: `set` are choices of the page (a and b: of the two networks), `until` the
// number of steps, `watch` whether radius and winding are kept during the run, and answer(result) returns [index of the option that held, text].

import {percent, short} from "./numbers.js";

const SPIRALS = {shape: "spirals", arms: 5, points: 1000, noise: 0.2, dataseed: 0, way: 1, ground: "classes"};
const NET = {depth: 1, activation: "relu", rate: 0.01, decay: 1e-5, seed: 0, member: ""};
const pair = (a, b) => Object.fromEntries([["a", a], ["b", b]].flatMap(([side, one]) => Object.entries({...NET, ...one}).map(([name, value]) => [`${name}.${side}`, value])));
const more = (one, two, by) => (one > two + by ? 0 : two > one + by ? 1 : 2);

export const LESSON = [
  {
    title: "Why lines fail",
    question: "Five arms are wound around each other. A linear classifier cuts the plane by straight lines only. How many of the points can it get right?",
    options: ["nearly all", "half or fewer", "none"],
    set: {...SPIRALS, compare: false, ...pair({width: 2, depth: 0}, {width: 2, depth: 0})}, until: 600,
    answer: ({a}) => [a.accuracy > 0.9 ? 0 : a.accuracy > 0.02 ? 1 : 2,
      `It gets ${percent(a.accuracy)} right. Its classes are five wedges with straight borders, and every arm passes through several of them. More training ` +
      "cannot help: no straight lines separate these arms. The points must be moved first; that is what hidden units do."],
  },
  {
    title: "Why width 2 fails",
    question: "Now two hidden units (left) and a hundred (right). Each unit folds the plane along one line and flattens one side of it. What will two folds do?",
    options: ["two folds are enough", "two leave many points wrong, a hundred do not", "both networks fail"],
    set: {...SPIRALS, compare: true, ...pair({width: 2}, {width: 100})}, until: 600,
    answer: ({a, b}) => [a.accuracy > 0.9 ? 0 : b.accuracy > 0.9 ? 1 : 2,
      `Two units: ${percent(a.accuracy)}, a hundred: ${percent(b.accuracy)}. Two lines cut the plane into four regions at most (${a.regions} of them in this square). If both units are off in a ` +
      `region, all its points become one point; if one is on, they are squashed onto a line; and points squashed together cannot be told apart later. Only where both are on does the plane ` +
      `stay a plane, turned as a whole. A hundred units make ${b.regions.toLocaleString("en")} ` +
      "regions here, and each can be turned a little further than its neighbour. Look at the embeddings."],
  },
  {
    title: "Scale first, then turn",
    question: "A hundred units, at a small rate. The embedding begins as a tiny copy of the plane. What comes first?",
    options: ["it turns, then it grows", "it grows, then it unwinds", "both together"],
    set: {...SPIRALS, compare: false, scale: "fixed", ...pair({width: 100, rate: 0.001}, {width: 100, rate: 0.001})}, until: 2000, watch: true,
    answer: ({a}) => {
      const [start, end] = [a.watched[0], a.watched.at(-1)], half = (start.winding + end.winding) / 2, middle = Math.sqrt(start.radius * end.radius);
      const grown = a.watched.find(w => w.radius >= middle) ?? end, unwound = a.watched.find(w => w.winding <= half) ?? end;
      return [grown.step * 1.5 < unwound.step ? 1 : unwound.step * 1.5 < grown.step ? 0 : 2,
        `The radius of the embedding grew from ${short(start.radius)} to ${short(end.radius)}; by step ${grown.step} it had done half of its growth, counted in doublings. Each arm wound through ` +
        `${start.winding.toFixed(0)}° at the start and ${end.winding.toFixed(0)}° at the end; half of that was undone by step ${unwound.step}. Rewind with the slider of steps ` +
        "to see it again; “fixed scale” is under more."];
    },
  },
  {
    title: "Width against rate",
    question: "Eight units, 1,000 steps, from the same first weights: left at rate 0.001, right at 0.01. How much does the rate matter?",
    options: ["the small rate wins", "the large rate wins", "not at all: width decides"],
    set: {...SPIRALS, compare: true, ...pair({width: 8, rate: 0.001}, {width: 8, rate: 0.01})}, until: 1000,
    answer: ({a, b}) => [more(a.accuracy, b.accuracy, 0.03),
      `Rate 0.001: ${percent(a.accuracy)}; 0.01: ${percent(b.accuracy)}. A larger rate gets further in the same steps, so that fewer units suffice. Over many seeds, ` +
      "99 % in 2,000 steps takes some 50 units at a rate of 0.001, but only some 10 if each width may use its best rate. A width never fails alone: it fails with a given rate and number of steps."],
  },
  {
    title: "Dead units",
    question: "A unit that is off at every point no longer learns: it is dead. Which network loses more of its 32 units: rate 0.01 (left) or 0.3 (right)?",
    options: ["the one at 0.01", "the one at 0.3", "both lose equally many"],
    set: {...SPIRALS, compare: true, ...pair({width: 32}, {width: 32, rate: 0.3})}, until: 600,
    answer: ({a, b}) => [more(a.dead[0], b.dead[0], 0),
      `At 0.01, ${a.dead[0]} of ${a.dead[1]} units are dead and ${percent(a.accuracy)} of the points are right; at 0.3, ${b.dead[0]} of ${b.dead[1]} and ${percent(b.accuracy)}. ` +
      "A large step can carry a unit's line out of the data; from there no gradient leads back. Such a network is narrower than it looks; here those that live suffice. Leaky units cannot die: try (more, activation)."],
  },
  {
    title: "Seeds differ",
    question: "Five units, identical except for the first weights: seed 0 and seed 1. How close will they come to each other?",
    options: ["within 2 percentage points", "further apart than that"],
    set: {...SPIRALS, compare: true, ...pair({width: 5, seed: 0}, {width: 5, seed: 1})}, until: 1500,
    answer: ({a, b}) => [Math.abs(a.accuracy - b.accuracy) <= 0.02 ? 0 : 1,
      `${percent(a.accuracy)} and ${percent(b.accuracy)}: a difference of ${(100 * Math.abs(a.accuracy - b.accuracy)).toFixed(1)} percentage points. The first weights decide where the first folds lie, and a narrow network ` +
      "has no spare units to make up for a bad start. So one run says little about a width. Change the seeds and run again; a study shows all seeds and their median."],
  },
  {
    title: "Depth at width 2",
    question: "Three arms. Two leaky units per layer, which pass on half of what is negative: one hidden layer (left), or seven of them (right). Can depth replace width?",
    options: ["the deep one comes much further", "no: they end alike", "the deep one is worse"],
    set: {...SPIRALS, arms: 3, compare: true, ...pair({width: 2, activation: "half", rate: 0.03}, {width: 2, depth: 7, activation: "half", rate: 0.03})}, until: 2000,
    answer: ({a, b}) => [b.accuracy > a.accuracy + 0.1 ? 0 : b.accuracy < a.accuracy - 0.05 ? 2 : 1,
      `One layer: ${percent(a.accuracy)}, seven: ${percent(b.accuracy)}. Each layer bends the plane once more, so that depth helps; but few seeds unwind the arms wholly (some 5 % of them in 2,000 steps, with ` +
      "their best recipe): the weights must pull very hard. One hidden layer of a hundred units does it every time. To see the layers one by one, choose “layer by layer” under more."],
  },
  {
    title: "Disc in a ring",
    question: "A disc inside a ring. How many straight folds does it take to cut the disc out: will two units do (left), or does it take three (right)?",
    options: ["two are enough", "three do it, two cannot", "neither does it in this run"],
    set: {...SPIRALS, shape: "annulus", noise: 0, compare: true, ...pair({width: 2, seed: 1}, {width: 3, seed: 1})}, until: 2000,
    answer: ({a, b}) => [a.accuracy > 0.99 ? 0 : b.accuracy > 0.99 ? 1 : 2,
      `Two units: ${percent(a.accuracy)}, three: ${percent(b.accuracy)}. An island has a closed border, and two lines enclose nothing: that two units fail is a theorem and no matter of ` +
      "training. Three lines make a triangle. That three can does not mean that training finds it: with three units about half of the seeds do."],
  },
];
