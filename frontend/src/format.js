// Sizes and times as the server writes them (sessions_app/templatetags/portal.py).
const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(count) {
  let value = count;
  let unit = "B";
  for (const larger of UNITS) {
    if (Math.round(value) < 1024) break;
    value /= 1024;
    unit = larger;
  }
  const number = unit !== "B" && Math.round(value * 10) / 10 < 100 ? value.toFixed(1) : value.toFixed(0);
  return `${number}\u00a0${unit}`;
}

export function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${Math.ceil(seconds)}\u00a0s`;
  if (minutes < 60) return `${minutes}\u00a0min`;
  return `${Math.floor(minutes / 60)}\u00a0h ${minutes % 60}\u00a0min`;
}

export const files = (count) => (count === 1 ? "1 file" : `${count.toLocaleString("en")} files`);
