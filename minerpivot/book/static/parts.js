// The sum of parts: the same arithmetic as minerpivot/companies/parts.py, for what a reader sets.
(() => {
  const presentValue = (value, years, rate, wait) =>
    value / (12 * years) * (1 - (1 + rate) ** -years) / ((1 + rate) ** (1 / 12) - 1) * (1 + rate) ** -wait;

  function sums({ companies, leases, fixed }, { multiple, rate, building, spent, share }) {
    const yearly = rate / 100;
    const later = presentValue(fixed.rent * fixed.years, fixed.years, yearly, fixed.wait);
    return companies.map((company) => {
      const rents = leases.filter(({ ticker }) => ticker === company.ticker)
        .reduce((sum, lease) => sum + presentValue(lease.value_usd_m, lease.years, yearly, lease.wait), 0);
      const mining = multiple * Math.max(fixed.profit_per_ehs, 0) * (company.hash_rate_ehs ?? 0);
      const [low, high] = ["low", "high"].map((end) => {
        const margin = fixed[`margin_${end}`] / 100;
        const pipeline = share / 100 * (company.pipeline_mw ?? 0) * Math.max(margin * later - building, 0);
        return mining + margin * rents - building * (1 - spent / 100) * company.to_build_mw + pipeline + company[`net_${end}`];
      });
      return { ticker: company.ticker, low, high };
    });
  }

  const billions = (value) => {
    const amount = (Math.abs(value) / 1000).toFixed(1);
    return `${value < 0 && Number(amount) ? "−" : ""}$${amount}bn`; // no minus zero
  };
  const span = (low, high) => [...new Set([billions(low), billions(high)])].join(" to ");

  for (const box of document.querySelectorAll(".parts")) {
    const data = JSON.parse(box.dataset.parts), controls = box.querySelector(".parts-controls");
    const inputs = [...controls.querySelectorAll("input")];
    controls.hidden = false;
    function update() {
      const settings = Object.fromEntries(inputs.map(({ name, value }) => [name, Number(value)]));
      for (const { name, value } of inputs) controls.querySelector(`output[for="parts-${name}"]`).textContent = value;
      const found = sums(data, settings);
      for (const { ticker, low, high } of found) {
        const row = box.querySelector(`tr[data-ticker="${ticker}"]`);
        row.querySelector(".parts-sum").textContent = span(low, high);
        Object.assign(row.dataset, { low, high });
      }
      return found;
    }
    controls.addEventListener("input", update);
    controls.addEventListener("change", () => {
      box.querySelector("[role=status]").textContent = update().map(({ ticker, low, high }) => {
        const name = box.querySelector(`tr[data-ticker="${ticker}"] th`).textContent;
        return `${name}: ${span(low, high)}`;
      }).join("; ");
    });
  }
})();
