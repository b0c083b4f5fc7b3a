// Tree: groups of classes in the order of WordNet, and one group opened for what is in it.
/// Classes and groups that an open group names.
const NAMED = 24;

const openTree = (list) => {
  const { box, body, table } = list;
  const unfolded = new Set();
  const on = () => list.get("tree") === "1";
  const toggle = button("As a tree", { className: "button" });
  toggle.addEventListener("click", () => {
    keep(`${list.id}.tree`, on() ? "" : "1");
    list.touched = true;
    list.tree.restore();
    list.apply();
  });
  list.tools?.insertBefore(toggle, list.found);

  const name = (row) => row.cells[0].dataset.value;
  let index = null;
  const byId = (id) => {
    index ??= new Map(list.load().map((row) => [row.dataset.id, row]));
    return id ? index.get(id) : undefined;
  };
  const drop = (row) => Number(row.cells[5].dataset.value);
  const points = (value) => {
    const shown = Math.abs(100 * value).toFixed(1);
    return `${shown === "0.0" ? "" : value > 0 ? "+" : "−"}${shown}`;
  };
  const parentOf = (row) => {
    const parent = byId(row.dataset.parent);
    return parent === row ? undefined : parent;
  };
  /// The groups that hold a row, from the top; a loop in the data ends where it closes.
  const path = (row) => {
    const above = [];
    for (let at = parentOf(row); at && !above.includes(at); at = parentOf(at)) above.unshift(at);
    return above;
  };

  const openGroup = (id) => {
    keep(`${list.id}.open`, id);
    list.touched = true;
    list.apply();
  };
  const link = (row) => {
    const to = make("button", { type: "button", className: "plain", textContent: `${name(row)} ${points(drop(row))}` });
    to.addEventListener("click", () => {
      openGroup(row.dataset.id);
      body.querySelector(".detail")?.querySelector("button, p")?.closest("tr").previousElementSibling.querySelector("button.name")?.focus();
    });
    return to;
  };
  const line = (label, parts) => {
    const words = make("p", {}, make("b", { textContent: `${label} ` }));
    parts.forEach((part, place) => words.append(place ? " · " : "", part));
    return words;
  };

  /// The row below the open group.
  const detailOf = (row) => {
    const cell = make("td", { colSpan: table.tHead.rows[0].cells.length });
    const above = path(row);
    if (above.length) cell.append(line("Within", above.map(link)));
    const below = list.load().filter((other) => other.dataset.parent === row.dataset.id && other !== row);
    if (below.length) {
      const more = below.length - NAMED;
      cell.append(line("Groups in it", [...below.slice(0, NAMED).map(link), ...(more > 0 ? [`${more} more; the tree has all`] : [])]));
    }
    const classes = lists.get(list.id.replace("drops", "classes"))?.load() ?? [];
    const own = new Set([row.dataset.id]);
    for (let size = 0; size !== own.size;) {
      size = own.size;
      for (const other of list.load()) if (own.has(other.dataset.parent)) own.add(other.dataset.id);
    }
    const within = classes.filter((other) => own.has(other.dataset.group));
    if (within.length) {
      const change = (one) => Number(one.cells[4].dataset.value);
      const most = [...within].sort((a, b) => Math.abs(change(b)) - Math.abs(change(a))).slice(0, NAMED);
      const drops = most.map((one) => `${one.cells[0].dataset.value} ${points(change(one))}`);
      const more = within.length - most.length;
      cell.append(line("Classes", more ? [...drops, `${more} more that differ less`] : drops));
    }
    if (!cell.childNodes.length) cell.append(make("p", { textContent: "No smaller group in it has enough classes and samples." }));
    return make("tr", { className: "detail" }, cell);
  };

  const dress = (row) => {
    if (row.dataset.dressed || !row.dataset.id) return;
    row.dataset.dressed = "1";
    const bdi = row.cells[0].querySelector("bdi");
    const opener = make("button", { type: "button", className: "plain name" });
    opener.setAttribute("aria-expanded", "false");
    bdi.replaceWith(opener);
    opener.append(bdi);
    opener.addEventListener("click", () => openGroup(list.get("open") === row.dataset.id ? "" : row.dataset.id));
  };

  list.tree = {
    on,
    restore: () => {
      toggle.setAttribute("aria-pressed", String(on()));
      for (const row of body.rows) dress(row);
    },
    /// Puts the detail of the open group below it.
    detail: () => {
      all(".detail", body).forEach((old) => old.remove());
      const open = list.get("open");
      let row = null;
      for (const one of [...body.rows]) {
        dress(one);
        const isOpen = Boolean(open) && one.dataset.id === open;
        one.querySelector("button.name")?.setAttribute("aria-expanded", String(isOpen));
        if (isOpen) row = one;
      }
      if (open && !row) {
        // A link may lead to a group far down the list.
        row = byId(open);
        if (!row || !list.fits(row)) return;
        body.append(row);
        dress(row);
        row.querySelector("button.name").setAttribute("aria-expanded", "true");
      }
      row?.after(detailOf(row));
    },
    /// Takes the signs of the tree away again.
    flatten: (items) => {
      for (const row of items) {
        if (!row.dataset.level) continue;
        delete row.dataset.level;
        row.cells[0].style.removeProperty("--level");
        row.querySelector(".fold")?.remove();
      }
    },
    /// Shows the rows in the order of the tree: what fits, what holds it, and what is unfolded.
    show: (items, fitting) => {
      const children = new Map();
      for (const row of items) {
        const parent = parentOf(row);
        if (!children.has(parent)) children.set(parent, []);
        children.get(parent).push(row);
      }
      const searching = fitting.length < items.length;
      const wanted = new Set(fitting.flatMap((row) => [row, ...path(row)]));
      const open = byId(list.get("open"));
      if (open) for (const row of path(open)) unfolded.add(row.dataset.id);
      const rows = new Set();
      const visit = (row, level) => {
        if (rows.has(row) || (searching && !wanted.has(row))) return;
        rows.add(row);
        dress(row);
        const inside = children.get(row) ?? [];
        const isOpen = unfolded.has(row.dataset.id) || searching || level === 0;
        row.dataset.level = String(level + 1);
        row.cells[0].style.setProperty("--level", level);
        row.querySelector(".fold")?.remove();
        const fold = inside.length
          ? make("button", { type: "button", className: "fold", textContent: isOpen ? "▾" : "▸" })
          : make("span", { className: "fold" });
        if (inside.length) {
          fold.setAttribute("aria-expanded", String(isOpen));
          fold.setAttribute("aria-label", `groups in ${name(row)}, level ${level + 1}`);
          fold.addEventListener("click", () => {
            if (unfolded.has(row.dataset.id)) unfolded.delete(row.dataset.id); else unfolded.add(row.dataset.id);
            list.apply();
            row.querySelector("button.fold")?.focus();
          });
        }
        row.cells[0].prepend(fold);
        if (isOpen) for (const child of inside) visit(child, level + 1);
      };
      for (const row of children.get(undefined) ?? []) visit(row, 0);
      body.replaceChildren(...rows);
      list.tree.detail();
    },
  };
};
