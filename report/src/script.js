"use strict";
// The page is whole without this script; it only adds what needs one.
(() => {
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const spoken = make("div", { className: "unseen" });
  spoken.setAttribute("role", "status");
  document.body.append(spoken);

  // Theme: the reader's system decides until the reader does.
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = (() => { try { return localStorage.getItem("ticclip-theme"); } catch { return null; } })();
  if (remembered === "dark" || remembered === "light") root.dataset.theme = remembered;
  const dark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const theme = make("button", { type: "button", className: "button" });
  const nameTheme = () => { theme.textContent = dark() ? "Light theme" : "Dark theme"; };
  theme.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("ticclip-theme", root.dataset.theme); } catch { /* Files may have no storage. */ }
    nameTheme();
  });
  system.addEventListener("change", nameTheme);
  nameTheme();
  document.querySelector(".top").append(theme);

  // Tooltips: the browser's own are slow and deaf to keyboards, so ours take their text over.
  const tip = make("div", { id: "tip", hidden: true });
  tip.setAttribute("role", "tooltip");
  document.body.append(tip);
  for (const cell of all("td[title]")) {
    cell.dataset.tip = cell.title;
    cell.removeAttribute("title");
  }
  for (const title of all(".chart path > title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  let shown = null;
  const show = (target) => {
    hide();
    shown = target;
    tip.textContent = target.dataset.tip;
    tip.hidden = false;
    if (target.matches("td")) target.setAttribute("aria-describedby", "tip");
    const at = target.getBoundingClientRect();
    const left = at.left + at.width / 2 - tip.offsetWidth / 2;
    const above = at.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  };
  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const tipped = (event) => event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  document.addEventListener("pointerover", (event) => { const target = tipped(event); if (target) show(target); });
  document.addEventListener("pointerout", (event) => { if (tipped(event) && !shown?.matches(":focus")) hide(); });
  document.addEventListener("focusin", (event) => { const target = tipped(event); if (target) show(target); else hide(); });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", hide, { passive: true, capture: true });

  // Heat maps: one stop for the Tab key, arrow keys inside.
  for (const table of all("table.heat")) {
    const rows = [...table.tBodies[0].rows].map((row) => all("td", row));
    if (!rows[0]?.length) continue;
    table.setAttribute("role", "grid");
    // The surrounding region need not be a stop of its own any more: its cells scroll into view.
    table.parentNode.removeAttribute("tabindex");
    rows.flat().forEach((cell) => { cell.tabIndex = -1; });
    rows[0][0].tabIndex = 0;
    const go = (cell) => {
      rows.flat().forEach((other) => { other.tabIndex = other === cell ? 0 : -1; });
      cell.focus();
    };
    table.addEventListener("keydown", (event) => {
      const row = rows.findIndex((cells) => cells.includes(event.target));
      if (row < 0) return;
      const column = rows[row].indexOf(event.target);
      const moves = {
        ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
        ArrowRight: [row, column + 1], Home: [row, 0], End: [row, rows[row].length - 1],
      };
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      const next = rows[move[0]]?.[move[1]];
      if (next) go(next);
    });
    table.addEventListener("click", (event) => {
      const cell = event.target.closest("tbody td");
      if (cell) go(cell);
    });
  }

  // Sorting: headers become buttons; missing values stay last.
  for (const table of all("table[data-sortable]")) {
    const headers = all("th[data-sort]", table);
    headers.forEach((header, column) => {
      const button = make("button", { type: "button" });
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const numeric = header.classList.contains("num");
        const first = numeric && column > 1 ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = header.getAttribute("aria-sort") === first ? other : first;
        headers.forEach((one) => one.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", order);
        const value = (row) => row.cells[column].dataset.value;
        const sign = order === "ascending" ? 1 : -1;
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = [value(a), value(b)];
          if (x === "" || y === "") return (x === "") - (y === "");
          return sign * (numeric ? x - y : x.localeCompare(y));
        });
        table.tBodies[0].append(...rows);
        spoken.textContent = `Sorted by ${button.textContent}, ${order}`;
      });
    });
  }

  // Legend: brings one strategy forward in every chart.
  const forward = (strategy) => {
    document.body.toggleAttribute("data-forward", strategy !== null);
    all(".series").forEach((one) => one.classList.toggle("forward", one.dataset.s === strategy));
    all(".legend button").forEach((one) => {
      one.setAttribute("aria-pressed", String(one.parentNode.dataset.s === strategy));
    });
  };
  for (const entry of all(".legend li[data-s]")) {
    const button = make("button", { type: "button" });
    button.append(...entry.childNodes);
    button.setAttribute("aria-pressed", "false");
    entry.append(button);
    button.addEventListener("click", () => {
      forward(button.getAttribute("aria-pressed") === "true" ? null : entry.dataset.s);
    });
  }

  // Copying.
  const copy = async (block) => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      return true;
    } catch {
      getSelection().selectAllChildren(block);
      return document.execCommand("copy");
    }
  };
  for (const holder of all(".copyable")) {
    const button = make("button", { type: "button", className: "button", textContent: "Copy" });
    button.addEventListener("click", async () => {
      const done = await copy(holder.querySelector("pre"));
      button.textContent = done ? "Copied" : "Selected";
      spoken.textContent = done ? "Copied to the clipboard" : "Selected, ready to copy";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    holder.append(button);
  }

  // All data as one file.
  const save = make("button", { type: "button", className: "button", textContent: "Save all data (JSON)" });
  save.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([document.getElementById("content").textContent], { type: "application/json" }));
    make("a", { href: url, download: "report.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
  document.querySelector("footer").append(save);
})();
