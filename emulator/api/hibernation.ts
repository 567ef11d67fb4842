import { endOverride, setOverride } from "../deploy/deploymentStatus";
import { json } from "../http";
import type { Handler } from "./call";
import { hibernationOverrideBody, parse } from "./validation";
import { hibernationOverrideView } from "./views";

export const overrideHibernation: Handler = async ({ state, deployment, body }) => {
  const override = { ...parse(hibernationOverrideBody, body), isActive: true };
  setOverride(deployment, override, state.clock.now(), state.settings);
  await state.save();
  return json(200, hibernationOverrideView(state, override));
};

export const endHibernationOverride: Handler = async ({ state, deployment }) => {
  endOverride(deployment, state.clock.now(), state.settings);
  await state.save();
  return { status: 204, headers: {}, body: "" };
};
