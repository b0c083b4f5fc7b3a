// Start: everything above is put to work, in the view that the address asks for.
readState();
for (const box of all(".long, table[data-sortable]")) {
  const list = openList(box);
  if (box.hasAttribute("data-tree")) openTree(list);
}
prepare(document);
restore();
if (state.has("at")) goTo(state.get("at"), "instant");
document.documentElement.dataset.ready = String(Math.round(performance.now()));
