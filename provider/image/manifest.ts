import * as z from "zod";
import { astroPlatform, ImageError, type ImageInfo } from "./info";

/**
 * The parts that are needed of a manifest, a list of manifests and an image's configuration.
 *
 * Source: the OCI image format specification, and Docker's image manifest version 2, schema 2.
 */

const descriptor = z.object({
  digest: z.string(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.output<typeof descriptor>;

/** An image's manifest has `config`; a list, which OCI calls an index, has `manifests`. */
export const manifestSchema = z.object({
  manifests: z.array(descriptor).optional(),
  config: descriptor.optional(),
});

export const configSchema = z.object({
  os: z.string().default(""),
  architecture: z.string().default(""),
  config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/**
 * Chooses the image of a list that Astro can run.
 *
 * @throws ImageError with the available platforms if there is none.
 */
export function chooseFromList(list: readonly Descriptor[]): Descriptor {
  const chosen = list.find((entry) => platformOf(entry) === astroPlatform);
  if (chosen) return chosen;
  // Attestations are entries of the platform unknown/unknown.
  const platforms = list.map(platformOf).filter((platform) => !platform.includes("unknown"));
  throw new ImageError(
    "image-unsuitable",
    `it is for ${platforms.join(", ")} and not for ${astroPlatform}`,
  );
}

function platformOf({ platform }: Descriptor): string {
  return platform ? `${platform.os}/${platform.architecture}` : astroPlatform;
}

export function infoOf(digest: string, config: z.output<typeof configSchema>): ImageInfo {
  return {
    digest,
    platform: `${config.os}/${config.architecture}`,
    labels: config.config?.Labels ?? {},
    isOnlyImage: true,
  };
}
