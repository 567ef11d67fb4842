/* eslint-disable @typescript-eslint/no-require-imports -- modules that are loaded late, and not by import(), which only finds names with extensions */
import type * as client from "../astro/client";
import type * as creation from "../lifecycle/create";
import type * as removal from "../lifecycle/delete";
import type * as change from "../lifecycle/update";

/*
 * What a preview of unchanged resources does without. With it comes axios, which takes almost as
 * long to load as all the rest.
 */

export const createClient: typeof client.createClient = (...args) =>
  (require("../astro/client") as typeof client).createClient(...args);

export const create: typeof creation.create = (...args) =>
  (require("../lifecycle/create") as typeof creation).create(...args);

export const update: typeof change.update = (...args) =>
  (require("../lifecycle/update") as typeof change).update(...args);

export const remove: typeof removal.remove = (...args) =>
  (require("../lifecycle/delete") as typeof removal).remove(...args);
