function render({ model, el }) {
  const region = document.createElement("div");
  region.className = "aew-live";
  el.append(region);
  const show = () => {
    const urgent = model.get("urgent");
    region.setAttribute("role", urgent ? "alert" : "status");
    region.setAttribute("aria-live", urgent ? "assertive" : "polite");
    region.textContent = model.get("text");
    el.classList.toggle("aew-empty", model.get("text") === "");
  };
  model.on("change", show);
  show();
  return () => model.off("change", show);
}

export default { render };
