function render({ model, el }) {
  const form = document.createElement("form");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const button = document.createElement("button");
  const id = `aew-secret-${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  form.className = "aew-secret";
  label.className = "widget-label";
  label.htmlFor = id;
  input.id = id;
  input.type = "password";
  input.autocomplete = "off";
  button.type = "submit";
  button.className = "jupyter-button mod-primary";
  form.append(label, input, button);

  const show = () => {
    label.textContent = model.get("label");
    button.textContent = model.get("button");
    button.disabled = model.get("disabled");
  };
  const submit = (event) => {
    event.preventDefault();
    if (!button.disabled) model.send({ kind: "secret", value: input.value });
  };
  const receive = (content) => {
    if (content.kind === "clear") input.value = "";
  };
  // keep JupyterLab's shortcuts from reacting to keys typed here
  const keep = (event) => event.stopPropagation();

  form.addEventListener("submit", submit);
  input.addEventListener("keydown", keep);
  model.on("change", show);
  model.on("msg:custom", receive);
  el.append(form);
  show();
  return () => {
    model.off("change", show);
    model.off("msg:custom", receive);
  };
}

export default { render };
