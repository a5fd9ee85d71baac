// Puts the remembered theme on the document before the first paint. The rest of the theme is in src/app/shell/theme.rs.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has the system's theme.
}
