// The theme: "system", "light" or "dark", set on <html> before the first paint. Without JavaScript it follows the system.
{
  const root = document.documentElement;
  const themes = ["system", "light", "dark"];
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage can be blocked
    }
  };
  const show = (theme) => {
    root.dataset.theme = themes.includes(theme) ? theme : "system";
    for (const button of document.querySelectorAll("[data-theme-switch]"))
      button.ariaLabel = button.title = `Theme: ${root.dataset.theme}`;
  };
  show(stored());
  addEventListener("DOMContentLoaded", () => show(root.dataset.theme));
  addEventListener("storage", (event) => event.key === "theme" && show(event.newValue));
  addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-theme-switch]")) return;
    const next = themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length];
    try {
      localStorage.setItem("theme", next);
    } catch {
      // kept for this page only
    }
    show(next);
  });
}
