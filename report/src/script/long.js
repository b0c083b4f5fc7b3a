// Long: tables and lists that sort, filter, and show more of what waits in their template.
const MORE = 100;
const lists = new Map();

/// One table or list; `box` is a `.long`, or a short table that only sorts.
const openList = (box) => {
  const table = box.matches("table") ? box : box.querySelector("table");
  const body = table ? table.tBodies[0] : box.querySelector("ul");
  const template = box.querySelector(":scope > template");
  const rest = () => template?.content.querySelector("tbody") ?? template?.content;
  const list = {
    id: box.id, box, table, body, count: body.children.length + (rest()?.children.length ?? 0),
    first: Number(box.dataset.long) || Infinity, limit: 0, items: null, touched: false, tree: null,
    get: (key) => state.get(`${box.id}.${key}`) ?? "",
  };
  list.limit = list.first;

  // Items leave the template when the list is first changed, not when the page opens.
  list.load = () => {
    if (list.items) return list.items;
    list.items = [...body.children, ...(rest()?.children ?? [])];
    list.words = new Map();
    return list.items;
  };
  const words = (item) => {
    let known = list.words.get(item);
    if (known === undefined) {
      known = `${item.textContent} ${item.dataset.id ?? ""}`.toLowerCase();
      list.words.set(item, known);
    }
    return known;
  };
  const choices = all("select[data-choice]", box);
  list.fits = (item) => {
    const query = list.get("q").trim().toLowerCase();
    if (query && !query.split(/\s+/).every((word) => words(item).includes(word))) return false;
    return choices.every((choice) => {
      const wanted = list.get(choice.dataset.choice);
      return !wanted || (item.getAttribute(`data-${choice.dataset.choice}`) ?? "").split(choice.dataset.choice === "group" ? " " : "\0").includes(wanted);
    });
  };
  list.compare = () => {
    const sort = /^(\d+)([ad])$/.exec(list.get("sort"));
    if (!sort || !table) return null;
    const [column, sign] = [Number(sort[1]), sort[2] === "a" ? 1 : -1];
    const numeric = table.tHead.rows[table.tHead.rows.length - 1].cells[column]?.classList.contains("num");
    const value = (row) => row.cells[column]?.dataset.value ?? "";
    return (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      return sign * (numeric ? x - y : x.localeCompare(y));
    };
  };

  list.apply = () => {
    // The page came in its order; nothing is done before something is asked.
    const asked = [...state.keys()].some((key) => key.startsWith(`${list.id}.`)) || list.limit !== list.first;
    if (!asked && !list.touched) return;
    list.touched = true;
    const order = list.compare();
    let items = list.load();
    if (order) items = [...items].sort(order);
    const fitting = items.filter(list.fits);
    if (list.tree?.on()) {
      list.tree.show(items, fitting);
    } else {
      list.tree?.flatten(items);
      body.replaceChildren(...fitting.slice(0, list.limit));
      list.tree?.detail();
    }
    list.tell(fitting.length);
  };

  list.tell = (fitting) => {
    if (!list.found) return;
    const inTree = list.tree?.on();
    const visible = inTree ? all(":scope > tr:not(.detail)", body).length : Math.min(list.limit, fitting);
    list.found.textContent = fitting === list.count && visible === fitting ? `${fitting}` : `${visible} of ${fitting}${fitting < list.count ? ` found, ${list.count} in all` : ""}`;
    list.more.hidden = inTree || visible >= fitting;
    list.more.textContent = `Show ${Math.min(MORE, fitting - visible)} more`;
  };

  for (const header of table ? all("th[data-sort]", table.tHead) : []) {
    const sorter = make("button", { type: "button" }, ...header.childNodes);
    header.append(sorter);
    sorter.addEventListener("click", () => {
      const column = header.cellIndex;
      const first = header.dataset.first ?? (header.classList.contains("num") ? "d" : "a");
      const now = list.get("sort");
      const direction = now === `${column}${first}` ? (first === "a" ? "d" : "a") : first;
      keep(`${list.id}.sort`, `${column}${direction}`);
      list.apply();
      list.showSort();
      say(`Sorted by ${sorter.textContent}, ${direction === "a" ? "ascending" : "descending"}`);
    });
  }
  list.showSort = () => {
    const sort = list.get("sort");
    for (const header of table ? all("th[data-sort]", table.tHead) : []) {
      header.removeAttribute("aria-sort");
      if (parseInt(sort, 10) === header.cellIndex) header.setAttribute("aria-sort", sort.endsWith("a") ? "ascending" : "descending");
    }
  };

  list.shorten = () => {
    list.limit = list.first;
    keep(`${list.id}.rows`, "");
  };

  const tools = make("div", { className: "tools" });
  if (box.dataset.filter) {
    const field = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    field.addEventListener("input", () => {
      keep(`${list.id}.q`, field.value);
      list.shorten();
      list.apply();
    });
    list.field = field;
    tools.append(make("label", {}, `Find ${box.dataset.filter} `, field));
  }
  for (const choice of choices) {
    choice.parentNode.hidden = false;
    tools.append(choice.parentNode);
    choice.addEventListener("change", () => {
      keep(`${list.id}.${choice.dataset.choice}`, choice.value);
      list.shorten();
      list.apply();
    });
  }
  if (box.matches(".long")) {
    list.found = make("output", { className: "found" });
    list.more = button("", { hidden: true });
    list.more.addEventListener("click", () => {
      const last = list.limit;
      list.limit += MORE;
      keep(`${list.id}.rows`, String(list.limit));
      list.apply();
      // Whoever reads by keyboard goes on where the new ones begin.
      const next = body.children[last];
      if (next) { next.tabIndex = -1; next.focus({ preventScroll: true }); }
    });
    if (list.count > list.first) {
      list.tools = tools;
      tools.append(list.found);
      box.prepend(tools);
      box.append(list.more);
    }
  }

  list.restore = () => {
    if (list.field) list.field.value = list.get("q");
    for (const choice of choices) choice.value = list.get(choice.dataset.choice);
    list.limit = Math.max(list.first, Number(list.get("rows")) || 0);
    list.tree?.restore();
    list.apply();
    list.showSort();
    if (!list.touched) list.tell(list.count);
  };
  lists.set(box.id, list);
  return list;
};
restorers.push(() => { for (const list of lists.values()) list.restore(); });
