// Theme: the reader's system decides until the reader does.
const system = matchMedia("(prefers-color-scheme: dark)");
const chosenTheme = (() => { try { return localStorage.getItem("ticclip-theme"); } catch { return null; } })();
if (chosenTheme === "dark" || chosenTheme === "light") document.documentElement.dataset.theme = chosenTheme;
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const themeButton = button("", { id: "theme" });
const nameTheme = () => { themeButton.textContent = isDark() ? "Light theme" : "Dark theme"; };
themeButton.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  try { localStorage.setItem("ticclip-theme", document.documentElement.dataset.theme); } catch { /* Files may have no storage. */ }
  nameTheme();
});
system.addEventListener("change", nameTheme);
nameTheme();
document.querySelector(".top").append(themeButton);
