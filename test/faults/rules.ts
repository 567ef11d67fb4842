import type { Outcome } from "./outcome";

/** What becomes of a call: where the fault hits it once / where the fault lasts. */
export type Cell = `${Outcome}/${Outcome}`;

/** What becomes of a call, by the name of the fault. */
export type Rule = (fault: string) => Cell;

/** No answer of Astro's that a repeat could change, or a pause that no operation waits for. */
const final = [
  "429 an hour",
  "307",
  "401",
  "403",
  "403 signature",
  "token expired",
  "token revoked",
];

/** The service has certainly not processed the request. */
const unprocessed = [
  "refused",
  "429",
  "429 seconds",
  "429 date",
  "429 date, -30 h",
  "429 date, +30 h",
];

/** The service has processed the request, and its answer is lost. */
const processed = [
  "reset after",
  "timeout after",
  "500 after",
  "504 after",
  "truncated",
  "html after",
  "shape after",
  "trickle",
  "reset, -30 h",
  "reset, +30 h",
];

/** A call that only reads: repeated until it succeeds. */
export function read(failed: Outcome): Rule {
  return (fault) =>
    [...final, "403 page"].includes(fault) ? `${failed}/${failed}` : `done/${failed}`;
}

/**
 * A call that changes something: what it did is looked for before it is repeated. A 403 that is not
 * in Astro's form may hide an answer of Astro's.
 */
export function write(failed: Outcome): Rule {
  return (fault) => (processed.includes(fault) ? "done/done" : slowWrite(failed)(fault));
}

/** As {@link write}, of a change that does not show at once. */
export function slowWrite(failed: Outcome): Rule {
  return (fault) => (final.includes(fault) ? `${failed}/${failed}` : `done/${failed}`);
}

/** As {@link write}, but what is not found is not repeated: it may still take effect. */
export function writeOnce(failed: Outcome): Rule {
  return (fault) => (processed.includes(fault) ? "done/done" : createOnce(failed)(fault));
}

/** As {@link writeOnce}, of what the next operation looks for, and not the same one. */
export function createOnce(failed: Outcome): Rule {
  return (fault) => (unprocessed.includes(fault) ? `done/${failed}` : `${failed}/${failed}`);
}

/**
 * A request to the blob store: a response that is not the store's ends the attempts, and one without
 * a response has all the time that an upload is given here.
 */
export const upload: Rule = (fault) => {
  if (fault === "403 signature") return "fresh/fresh";
  if (fault === "trickle") return "done/done";
  const ends = [...final, "403 page"].includes(fault) || /^(timeout|html|shape)/.test(fault);
  return ends ? "kept/kept" : "done/kept";
};

/** A request of an image tool to the registry: a push that cannot succeed is not repeated. */
export function push(exceptions: Readonly<Record<string, Cell>> = {}): Rule {
  return (fault) => {
    const exception = exceptions[fault];
    if (exception !== undefined) return exception;
    if (["truncated", "trickle"].includes(fault)) return "done/done";
    return /^(timeout|html|shape|401|403)/.test(fault) ? "kept/kept" : "done/kept";
  };
}
