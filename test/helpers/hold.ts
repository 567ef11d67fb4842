import type { Emulator, Operation } from "../../emulator";

/** Holds back the first such request from now on, until it is let go. */
export function hold(emulator: Emulator, operation: Operation) {
  let arrive: () => void;
  let release: () => void;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const free = new Promise<void>((resolve) => (release = resolve));
  const stop = emulator.onRequest(async (event) => {
    if (event.operation !== operation || event.phase !== "before") return;
    stop();
    arrive();
    await free;
  });
  return {
    arrived,
    release: () => {
      release();
    },
  };
}
