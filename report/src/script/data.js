// Data: the table behind a figure, unfolded when it is asked for, to copy or to save.
const LINES = 300;

const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make("textarea", { value: text, className: "unseen" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
};
const saveFile = (name, type, text) => {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
const copyButton = (what, text) => {
  const copier = button("Copy");
  copier.setAttribute("aria-label", `Copy ${what}`);
  copier.addEventListener("click", async () => {
    const done = await copyText(text());
    copier.textContent = done ? "Copied" : "Not allowed";
    say(done ? "Copied to the clipboard" : "The browser did not allow copying");
    setTimeout(() => { copier.textContent = "Copy"; }, 2000);
  });
  return copier;
};

const dataName = (holder) => holder.querySelector("summary").textContent.replace(/^.*?: /, "");
const dataKey = (holder) => dataName(holder).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "table";

// Which are open is part of the view.
restorers.push(() => {
  const open = new Set((state.get("data") ?? "").split(" "));
  for (const holder of all("details.data")) holder.open = open.has(dataKey(holder));
});

document.addEventListener("toggle", (event) => {
  const holder = event.target;
  if (!holder.matches?.("details.data")) return;
  keep("data", [...new Set(all("details.data[open]").map(dataKey))].join(" "));
  if (!holder.open || holder.querySelector(".table")) return;
  const csv = JSON.parse(holder.querySelector("script.csv").textContent);
  const name = dataName(holder);
  const file = `${dataKey(holder)}.csv`;
  const lines = csv.trimEnd().split("\r\n");
  const rest = lines.length - LINES;
  const pre = make("pre", { tabIndex: 0, textContent: lines.slice(0, LINES).join("\n") + (rest > 0 ? `\n… ${rest} more lines; copy or save has all` : "") });
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", `Data of ${name}`);
  const save = button("Save as CSV");
  save.addEventListener("click", () => saveFile(file, "text/csv", csv));
  holder.append(make("div", { className: "table" }, make("div", { className: "tools" }, copyButton("the table", () => csv), save), pre));
}, true);

preparations.push((root) => {
  for (const holder of all(".copyable", root)) holder.append(copyButton("the command", () => holder.querySelector("pre").textContent));
});

const saveAll = button("Save all data (JSON)");
saveAll.addEventListener("click", () => saveFile("report.json", "application/json", document.getElementById("content").textContent));
document.querySelector("footer").append(saveAll);
