// Ticks several sessions for export or deletion.
const form = document.getElementById("batch");
if (form) {
  const boxes = [...form.querySelectorAll('input[name="codes"]')];
  const all = form.querySelector("[data-all]");
  const bar = form.querySelector("[data-batch]");

  const show = () => {
    const count = boxes.filter((box) => box.checked).length;
    bar.hidden = count === 0;
    bar.querySelector("[data-count]").textContent = count;
    form.querySelector("[data-count-text]").textContent = count === 1 ? "one session" : `${count} sessions`;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  };
  const tick = (checked) => {
    for (const box of boxes) box.checked = checked;
    show();
  };

  form.addEventListener("change", (event) => (event.target === all ? tick(all.checked) : show()));
  form.querySelector("[data-none]").addEventListener("click", () => tick(false));
  window.addEventListener("pageshow", show); // the browser ticks again what was ticked when it goes back
}
