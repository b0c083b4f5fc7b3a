// Page: what all parts of the script use. The page is whole without scripts; they only add what needs one.
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const button = (text, properties = {}) => make("button", { type: "button", className: "button", textContent: text, ...properties });

/// What a screen reader is told.
const spoken = make("div", { className: "unseen" });
spoken.setAttribute("role", "status");
document.body.append(spoken);
const say = (words) => { spoken.textContent = words; };

/// What is done to every piece of the page when it appears: at the start, or out of a template.
const preparations = [];
const prepare = (root) => { for (const step of preparations) step(root); };
