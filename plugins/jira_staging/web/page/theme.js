// Light or dark as Airflow is, before anything is painted: its choice lies in the storage of the same origin.
function followAirflow() {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}
followAirflow();
window.addEventListener("storage", followAirflow);
