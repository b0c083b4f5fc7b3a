// State: the view, kept in the address behind #, so that a link leads back to it. The theme is no part of it.
const state = new URLSearchParams();
const restorers = [];

const readState = () => {
  for (const key of [...state.keys()]) state.delete(key);
  const hash = location.hash.slice(1);
  if (!hash.includes("=")) {
    if (hash) state.set("at", decodeURIComponent(hash));
    return;
  }
  for (const [key, value] of new URLSearchParams(hash)) state.set(key, value);
};

const keep = (key, value) => {
  if (value) state.set(key, value); else state.delete(key);
  state.sort();
  const hash = state.toString();
  try {
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
  } catch {
    // Some browsers refuse this for files on disk; then the view has no address.
  }
};

const restore = () => { for (const step of restorers) step(); };

const goTo = (id, behavior = "auto") => {
  const section = document.getElementById(id);
  if (!section) return;
  section.scrollIntoView({ behavior });
  section.tabIndex = -1;
  section.focus({ preventScroll: true });
};

addEventListener("hashchange", () => {
  readState();
  restore();
  goTo(state.get("at"));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest(":is(.side nav, main) a[href^='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const id = link.hash.slice(1);
  keep("at", id);
  goTo(id);
});

// The contents list says where the reader is.
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const link = document.querySelector(`nav a[href="#${entry.target.id}"]`);
    if (entry.isIntersecting) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  }
}, { rootMargin: "-20% 0px -70% 0px" });
for (const section of all("main > section")) seen.observe(section);
