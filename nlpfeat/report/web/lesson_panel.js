// The panel of the lesson: a question, one's prediction, a run, and what the run says.

import {button, element} from "./elements.js";
import {LESSON} from "./lesson.js";
import {whole} from "./numbers.js";

// store holds "lesson", the number of the part that is shown, 0 for none; run(part) sets up and runs a part.
export function createLessonPanel({store, run}) {
  const panel = element("section", {class: "lesson", "aria-label": "Predict first"});
  let playing = null, starting = false;
  const part = () => LESSON[store.get("lesson") - 1];

  // The question with its options, or an answer; the title comes with the last word, as it gives that away.
  function show(answer, told = false) {
    const number = store.get("lesson"), now = part();
    panel.hidden = !now;
    if (!now) return;
    const go = to => store.set({lesson: to}), last = number === LESSON.length;
    panel.replaceChildren(
      element("div", {class: "controls"}, element("h2", {}, `Predict first, ${number} of ${LESSON.length}${told ? `: ${now.title}` : ""}`), button("← back", () => go(number - 1), {disabled: number === 1}),
        button(last ? "end of the lesson" : "next question →", () => go(last ? 0 : number + 1)), button("leave the lesson", () => go(0))),
      element("p", {}, now.question),
      answer ?? element("div", {class: "controls"}, ...now.options.map((option, k) => button(option, () => predict(k), {class: "option"}))));
  }
  function predict(choice) {
    playing = {...part(), choice};
    show(element("p", {class: "answer", role: "status"}, `You say: ${playing.options[choice]}. Training for ${whole(playing.until)} steps …`));
    starting = true;
    run(playing);
    starting = false;
  }
  return {
    element: panel, show, predict,
    get playing() { return playing; },
    // Whether it is setting up a run, so that changes of choices are its own.
    get starting() { return starting; },
    // Give up the run, and show the question again.
    leave() { playing = null; show(); },
    // Say what the run says: {a, b}, each {accuracy, regions, loss, dead, watched}.
    finish(result) {
      const [held, text] = playing.answer(result), {choice, options} = playing;
      playing = null;
      show(element("p", {class: "answer", role: "status"}, element("b", {}, held === choice ? "As you said. " : `You said “${options[choice]}”; this run says “${options[held]}”. `), text), true);
    },
  };
}
