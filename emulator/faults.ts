import type { Operation } from "./operations";

/**
 * What goes wrong.
 *
 * - `{ status }`: this answer; without `body`, the error object of the service or the blob store.
 * - `"reset"`: the connection is cut, with no answer.
 * - `"hang"`: no answer, and the connection stays open.
 * - `"truncate"`: the answer announces more bytes than it sends, then the connection is cut.
 * - `"html"`, `{ html }`: a page of a gateway with status 200, or the given one.
 * - `"shape"`: status 200 with JSON that is not what the operation answers.
 * - `{ trickleMs }`: the answer comes byte by byte, with so many milliseconds in between.
 * - `{ cutAfterBytes }`: the connection is cut when so many bytes of an upload have arrived.
 */
export type FaultKind =
  | { status: number; body?: unknown; headers?: Record<string, string> }
  | "reset"
  | "hang"
  | "truncate"
  | "html"
  | { html: number }
  | "shape"
  | { trickleMs: number }
  | { cutAfterBytes: number };

/** A fault to inject. */
export interface Fault {
  operation: Operation | "*";
  /** How many requests it hits. Default 1. */
  times?: number;
  /** How many requests it lets pass first. Default 0. */
  skip?: number;
  /**
   * `before`: the request is not processed. `after`: it is, and its answer is lost or changed.
   * `truncate` and `trickleMs` change an answer, so they are always `after`. Default `before`.
   */
  when?: "before" | "after";
  how: FaultKind;
}

export type Phase = "before" | "after";

function phaseOf({ how, when }: Fault): Phase {
  const changesAnswer = how === "truncate" || (typeof how === "object" && "trickleMs" in how);
  return changesAnswer ? "after" : (when ?? "before");
}

/** The faults to inject, in the order in which they were asked for. */
export class Faults {
  #faults: { fault: Fault; skip: number; left: number }[] = [];

  /** Returns a function that takes the fault back. */
  add(fault: Fault): () => void {
    const entry = { fault, skip: fault.skip ?? 0, left: fault.times ?? 1 };
    this.#faults.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  /** The fault that hits this request in this phase. */
  take(operation: Operation, phase: Phase): FaultKind | undefined {
    this.#faults = this.#faults.filter(({ left }) => left > 0);
    for (const entry of this.#faults) {
      const { fault } = entry;
      if (fault.operation !== "*" && fault.operation !== operation) continue;
      if (phaseOf(fault) !== phase) continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return fault.how;
    }
    return undefined;
  }
}
