// What was done and how long it took, for the summary.

export class Figures {
  readonly #counts = new Map<string, number>();
  readonly #times = new Map<string, number[]>();

  count(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  /** In ms. */
  time(what: string, ms: number): void {
    const times = this.#times.get(what) ?? [];
    this.#times.set(what, times);
    times.push(ms);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** All counts whose name begins so: `a 3, b 4`. */
  list(prefix: string): string {
    const some = [...this.#counts].filter(([name]) => name.startsWith(prefix)).sort();
    return (
      some.map(([name, count]) => `${name.slice(prefix.length)} ${count}`).join(", ") || "none"
    );
  }

  /** The median and the 99th percentile of what was timed. */
  percentiles(what: string): string {
    const sorted = (this.#times.get(what) ?? []).sort((one, other) => one - other);
    const at = (part: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
    if (sorted.length === 0) return "none";
    const [half, most] = [at(0.5) ?? 0, at(0.99) ?? 0];
    return `p50 ${half.toFixed(0)} ms, p99 ${most.toFixed(0)} ms (${sorted.length})`;
  }
}
