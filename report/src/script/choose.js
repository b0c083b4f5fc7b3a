// Choose: one task and one strategy for the whole page.
const chooser = document.querySelector(".choose");
const byName = (select, name) => [...(select?.options ?? [])].find((option) => option.dataset.name === name);

/// Columns of other tasks go from tables that have columns of the chosen one.
const showColumns = (table, place) => {
  const groups = [...table.tHead.rows[0].cells];
  const known = groups.some((group) => group.dataset.task === place);
  const rows = [...table.rows].slice(1);
  let column = 0;
  for (const group of groups) {
    group.hidden = known && "task" in group.dataset && group.dataset.task !== place;
    for (const end = column + group.colSpan; column < end; column += 1) {
      for (const row of rows) row.cells[column].hidden = group.hidden;
    }
  }
};

const taskSelect = document.getElementById("choose-task");
const showTask = (place) => {
  if (place !== "") {
    for (const template of all(`template.of-task[data-task="${place}"]`)) {
      const figures = template.content.firstElementChild;
      figures.dataset.late = "";
      template.replaceWith(figures);
      prepare(figures);
    }
  }
  for (const one of all("div.of-task")) {
    one.hidden = place === "" ? "late" in one.dataset : one.dataset.task !== place;
  }
  for (const table of all("#scores, #ratios")) showColumns(table, place);
  for (const room of all("#drops, #samples")) {
    room.querySelector(".none")?.remove();
    const parts = all(":scope > div", room);
    const none = parts.length > 0 && parts.every((part) => part.hidden);
    if (none) room.append(make("p", { className: "none", textContent: "Nothing of the chosen task." }));
  }
  bringForward(strategySelect?.value ?? "");
};
taskSelect?.addEventListener("change", () => {
  keep("task", taskSelect.selectedOptions[0].dataset.name ?? "");
  showTask(taskSelect.value);
  say(`Showing ${taskSelect.selectedOptions[0].textContent}`);
});

// One strategy is brought forward in every chart; legends do it, too.
const strategySelect = document.getElementById("choose-strategy");
const bringForward = (place) => {
  document.body.toggleAttribute("data-forward", place !== "");
  for (const one of all(".series, .summary tbody tr")) one.classList.toggle("forward", one.dataset.s === place);
  for (const one of all(".legend li button")) one.setAttribute("aria-pressed", String(one.parentNode.dataset.s === place));
};
const chooseStrategy = (place) => {
  if (strategySelect) strategySelect.value = place;
  keep("strategy", strategySelect?.selectedOptions[0]?.dataset.name ?? "");
  bringForward(place);
};
strategySelect?.addEventListener("change", () => chooseStrategy(strategySelect.value));
preparations.push((root) => {
  if (!strategySelect) return;
  for (const entry of all(".legend li[data-s]", root)) {
    const chosen = make("button", { type: "button" }, ...entry.childNodes);
    chosen.setAttribute("aria-pressed", "false");
    entry.append(chosen);
    chosen.addEventListener("click", () => chooseStrategy(chosen.getAttribute("aria-pressed") === "true" ? "" : entry.dataset.s));
  }
});

restorers.push(() => {
  if (taskSelect) taskSelect.value = byName(taskSelect, state.get("task"))?.value ?? "";
  if (strategySelect) strategySelect.value = byName(strategySelect, state.get("strategy"))?.value ?? "";
  showTask(taskSelect?.value ?? "");
});

const linkButton = button("Copy link to this view", { id: "link" });
linkButton.addEventListener("click", async () => {
  const here = document.querySelector("nav a[aria-current]");
  if (here) keep("at", here.hash.slice(1));
  const done = await copyText(location.href);
  linkButton.textContent = done ? "Copied" : "Not allowed";
  say(done ? "The link is on the clipboard" : "The browser did not allow copying");
  setTimeout(() => { linkButton.textContent = "Copy link to this view"; }, 2000);
});
chooser.append(linkButton);
chooser.hidden = false;
