import assert from "node:assert/strict";
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { startEmulator, type Emulator, type Operation } from "../../emulator";
import { FakeEngine } from "../helpers/lifecycle";
import { runAndClassify, type Outcome } from "./outcome";
import type { Disturbance } from "./faults";
import { onPortApart } from "../helpers/ports";
import { smallLimits, type Column, type Folders, type Scene } from "./scenes";

/** A scene, and which of its calls is to be disturbed how. */
export interface Cell {
  scene: Scene;
  column: Column;
  disturbance: Disturbance;
  /** Whether it lasts until the end of the operation. Else it hits one call. */
  lasts: boolean;
}

/** Plays a cell to its end: what is asked for is there, once. */
export async function play(cell: Cell, folders: Folders): Promise<Outcome> {
  const { scene, column, disturbance } = cell;
  const position = await positionOf(scene, column, folders);
  const stand = await open(scene, column, folders, cell);
  const { emulator, stage, requests } = stand;
  try {
    const heal = await disturb(cell, stand, position);
    return await runAndClassify({
      stage,
      act: () => act(scene, stage),
      heal: async () => {
        assert.ok(
          "refused" in disturbance || find(requests(), column) >= 0,
          "the call was never made",
        );
        await heal();
      },
      asked: scene.asked ?? (() => true),
      end: scene.end ?? "DEPLOYED",
      // Else the error tells what went wrong first.
      says: column.given ? undefined : disturbance.says,
      secrets: () => emulator.signatures,
    });
  } finally {
    await emulator.close();
  }
}

const act = (scene: Scene, stage: FakeEngine) => (scene.act ? scene.act(stage) : stage.up());

/** Where a scene is played. */
interface Stand {
  emulator: Emulator;
  stage: FakeEngine;
  /** The subject of the stage's token. */
  subject: string;
  /** What has been called since the operation began that is to be disturbed. */
  requests: () => readonly Operation[];
}

async function open(scene: Scene, column: Column, folders: Folders, cell?: Cell): Promise<Stand> {
  const disturbance = cell?.disturbance;
  const { endsAtRead, processingMs = endsAtRead === undefined ? undefined : Infinity } = column;
  const options = processingMs === undefined ? {} : { processingMs };
  const isRefused = disturbance !== undefined && "refused" in disturbance;
  const emulator = isRefused
    ? await onPortApart((port) => startEmulator({ ...options, port }))
    : await startEmulator(options);
  emulator.advance((disturbance?.aheadHours ?? 0) * 3_600_000);
  const subject = "cmapitoken0000000000000000";
  const stage = new FakeEngine(emulator, scene.args(emulator, folders), {
    token: emulator.addToken({ subject: { id: subject } }),
    home: folders.home,
    uploadLimits: smallLimits,
    ...(cell && { env: timeLimits(cell) }),
  });
  await scene.begin?.(stage, emulator);
  for (const fault of column.given ?? []) emulator.fail(fault);
  if (endsAtRead !== undefined) endAtRead(emulator, stage, endsAtRead);
  const before = emulator.requests.length;
  const requests = () => emulator.requests.slice(before).map(({ operation }) => operation);
  return { emulator, stage, subject, requests };
}

/** Short only if they are what ends the operation: a busy machine must not run into the others. */
function timeLimits({ disturbance, lasts }: Cell): Record<string, string> {
  const how = "how" in disturbance ? disturbance.how : undefined;
  const isSilent = how === "hang" || (typeof how === "object" && "trickleMs" in how);
  // Of what is not repeated, no limit is the end.
  const status = typeof how === "object" && "status" in how ? how.status : undefined;
  const isFinal = "token" in disturbance || [307, 401, 403].includes(status ?? 0);
  return {
    ASTRO_REQUEST_TIMEOUT_SECONDS: isSilent ? "2" : "30",
    ASTRO_UPLOAD_TIMEOUT_SECONDS: lasts && !isFinal ? "15" : "60",
    ASTRO_DEPLOY_TIMEOUT_SECONDS: lasts && !isFinal ? "15" : "60",
  };
}

/** Ends each finalized deploy when it has been asked for so often. */
function endAtRead(emulator: Emulator, stage: FakeEngine, reads: number): void {
  let count = 0;
  emulator.onRequest(({ operation, phase }) => {
    if (operation !== "GetDeploy" || phase !== "before") return;
    const finalized = stage
      .deploys()
      .filter(({ status, internal }) => status === "INITIALIZED" && internal.finalizedAt);
    if (finalized.length === 0) return;
    count += 1;
    if (count >= reads) for (const { id } of finalized) emulator.finish(id);
  });
}

/** The position of a column's call among those of the operation. */
const positions = new Map<Column, Promise<number>>();

function positionOf(scene: Scene, column: Column, folders: Folders): Promise<number> {
  let position = positions.get(column);
  if (!position) {
    position = rehearse(scene, column, folders);
    positions.set(column, position);
  }
  return position;
}

/** Plays the scene with nothing but what is given for the column. */
async function rehearse(scene: Scene, column: Column, folders: Folders): Promise<number> {
  const { emulator, stage, requests } = await open(scene, column, folders);
  try {
    assert.equal(await act(scene, stage), undefined);
    const position = find(requests(), column);
    assert.ok(position >= 0, `${scene.title} does not call ${column.operation}`);
    return position;
  } finally {
    await emulator.close();
  }
}

function find(requests: readonly Operation[], { operation, skip = 0 }: Column): number {
  const positions = [...requests.keys()].filter((n) => requests[n] === operation);
  return positions[skip] ?? -1;
}

/** Returns a function that ends the disturbance. */
async function disturb(
  { column, disturbance, lasts }: Cell,
  { emulator, stage, subject, requests }: Stand,
  position: number,
): Promise<() => void | Promise<void>> {
  const { operation, skip = 0 } = column;
  /** Does something when so many requests have come in. */
  const when = (count: number, todo: () => void) => {
    const stop = emulator.onRequest(({ phase }) => {
      if (phase !== "before" || requests().length < count) return;
      stop();
      todo();
    });
  };

  if ("refused" in disturbance) return refuse({ emulator, lasts, when, position });
  if ("token" in disturbance) {
    when(position + 1, () => {
      emulator.revokeToken(stage.token);
    });
    return () => {
      const isSame = disturbance.token === "expired";
      stage.token = emulator.addToken(isSame ? { subject: { id: subject } } : {});
    };
  }
  const times = lasts ? Infinity : 1;
  if ("retryAfterDateMs" in disturbance) {
    const { aheadHours = 0, retryAfterDateMs } = disturbance;
    const time = new Date(Date.now() + aheadHours * 3_600_000 + retryAfterDateMs);
    const headers = { "retry-after": time.toUTCString() };
    return emulator.fail({ operation, skip, times, how: { status: 429, headers } });
  }
  const { how, when: phase = "before" } = disturbance;
  return emulator.fail({ operation, skip, times, how, when: phase });
}

async function refuse({
  emulator,
  lasts,
  when,
  position,
}: {
  emulator: Emulator;
  lasts: boolean;
  when: (count: number, todo: () => void) => void;
  position: number;
}): Promise<() => Promise<void>> {
  let listenAgain = () => Promise.resolve();
  let refusals = 0;
  const port = Number(new URL(emulator.url).port);
  watchers.set(port, () => {
    refusals++;
    // What fails here is seen by the requests, which are refused still.
    if (!lasts) void listenAgain();
  });
  const begin = () => {
    listenAgain = emulator.refuse();
  };
  // The request before is answered by the connection that it came by.
  if (position > 0) when(position, begin);
  else {
    begin();
    // Connections that are kept alive end meanwhile.
    await sleep(20);
  }
  return async () => {
    watchers.delete(port);
    assert.ok(refusals > 0, "no connection was refused");
    await listenAgain();
  };
}

/** By port, whom to tell that a connection of this process to it was refused. */
const watchers = new Map<number, () => void>();

subscribe("net.client.socket", (message) => {
  const { socket } = message as { socket: Socket };
  socket.once("error", ({ code, port }: NodeJS.ErrnoException & { port?: number }) => {
    if (code === "ECONNREFUSED" && port !== undefined) watchers.get(port)?.();
  });
});
