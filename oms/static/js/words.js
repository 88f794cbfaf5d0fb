/* Numbers and times in the page's language. Sentences come from the templates, never from scripts. */

const lang = document.documentElement.lang || "vi";
const plain = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });

export function number(value) {
  return plain.format(value);
}

export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

function unit(value, name) {
  return new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "long" }).format(value);
}

export function duration(seconds) {
  if (seconds < 60) return unit(Math.max(5, Math.ceil(seconds / 5) * 5), "second");
  if (seconds < 3600) return unit(Math.ceil(seconds / 60), "minute");
  const minutes = Math.ceil(seconds / 60);
  return `${unit(Math.floor(minutes / 60), "hour")} ${unit(minutes % 60, "minute")}`;
}

export function bytes(count) {
  if (count < 1024 * 1024) return `${plain.format(Math.max(1, Math.round(count / 1024)))} KB`;
  return `${plain.format(count / (1024 * 1024))} MB`;
}
