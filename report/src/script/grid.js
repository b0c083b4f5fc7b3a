// Grid: heat maps are one stop for the Tab key, with arrow keys inside.
preparations.push((root) => {
  for (const table of all("table.heat", root)) {
    const first = table.querySelector("tbody td");
    if (!first) continue;
    table.setAttribute("role", "grid");
    // The surrounding region need not be a stop of its own any more: its cells scroll into view.
    table.parentNode.removeAttribute("tabindex");
    first.tabIndex = 0;
  }
});

const goToCell = (table, cell) => {
  for (const other of all("tbody td[tabindex]", table)) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
};

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest("table.heat tbody td");
  if (!cell) return;
  const table = cell.closest("table");
  const rows = [...table.tBodies[0].rows].map((row) => all("td", row));
  const row = rows.findIndex((cells) => cells.includes(cell));
  const column = rows[row].indexOf(cell);
  const move = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1], Home: [row, 0], End: [row, rows[row].length - 1],
  }[event.key];
  if (!move) return;
  event.preventDefault();
  const next = rows[move[0]]?.[move[1]];
  if (next) goToCell(table, next);
});
document.addEventListener("click", (event) => {
  const cell = event.target.closest("table.heat tbody td");
  if (cell) goToCell(cell.closest("table"), cell);
});
