// Tip: values on hover, on focus and by arrow keys. The browser's own tips are slow and deaf to keyboards.
const tip = make("div", { id: "tip", hidden: true });
tip.setAttribute("role", "tooltip");
document.body.append(tip);

/// The nearest element with a tip. Its words move out of `title` when they are first asked for.
const tipped = (target) => {
  if (!(target instanceof Element)) return null;
  const holder = target.closest("[data-tip], [title], .dot, .chance");
  if (!holder || holder.dataset.tip) return holder;
  const inner = holder.querySelector(":scope > title");
  const words = holder.getAttribute("title") ?? inner?.textContent;
  if (!words) return null;
  holder.dataset.tip = words;
  holder.removeAttribute("title");
  inner?.remove();
  return holder;
};

let shown = null;
const hideTip = () => {
  shown?.removeAttribute("aria-describedby");
  shown?.classList.remove("pointed");
  shown = null;
  tip.hidden = true;
};
const showTip = (target) => {
  hideTip();
  shown = target;
  tip.textContent = target.dataset.tip;
  tip.hidden = false;
  if (target.matches("td")) target.setAttribute("aria-describedby", "tip");
  else target.classList.add("pointed");
  const at = target.getBoundingClientRect();
  const left = at.left + at.width / 2 - tip.offsetWidth / 2;
  const above = at.top - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
};
document.addEventListener("pointerover", (event) => { const target = tipped(event.target); if (target) showTip(target); });
document.addEventListener("pointerout", (event) => { if (tipped(event.target) && !shown?.matches(":focus")) hideTip(); });
document.addEventListener("focusin", (event) => {
  const target = event.target.matches("td") ? tipped(event.target) : null;
  if (target) showTip(target); else hideTip();
});
document.addEventListener("focusout", hideTip);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
// Focus scrolls its element into sight, and the tip comes along; any other scrolling leaves it behind.
addEventListener("scroll", () => { if (shown?.closest(":focus")) showTip(shown); else hideTip(); }, { passive: true, capture: true });

// Charts: one stop for the Tab key, arrow keys from point to point.
const places = new WeakMap();
preparations.push((root) => {
  for (const chart of all(".chart", root)) {
    if (!chart.querySelector(".dot")) continue;
    chart.setAttribute("tabindex", "0");
    chart.setAttribute("aria-description", "Use the arrow keys to hear every value.");
  }
});
document.addEventListener("keydown", (event) => {
  const chart = event.target.closest(".chart");
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!chart || !step) return;
  event.preventDefault();
  const dots = all(".dot", chart);
  const last = places.get(chart) ?? (step > 0 ? -1 : dots.length);
  const next = Math.max(0, Math.min(dots.length - 1, last + step));
  places.set(chart, next);
  const target = tipped(dots[next]);
  if (!target) return;
  showTip(target);
  say(target.dataset.tip);
});
