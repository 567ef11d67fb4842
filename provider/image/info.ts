import { CodedError } from "../messages";

/** An image, as known before it is pushed. */
export interface ImageInfo {
  /** `sha256:…`, of the manifest or, if the source has none, of the configuration. */
  digest: string;
  /** `linux/amd64`, for example. */
  platform: string;
  labels: Readonly<Record<string, string>>;
  /** Whether its folder or file contains no other image, for example of another platform. */
  isOnlyImage: boolean;
}

/** The label of Astro Runtime's base images, and so of every image built on one. */
export const runtimeLabel = "io.astronomer.docker.runtime.version";

/** An image that cannot be read or pushed. The message is one sentence without a full stop. */
export class ImageError extends CodedError {
  override readonly name = "ImageError";
}

/** The only platform that Astro's Deployments run. */
export const astroPlatform = "linux/amd64";

/**
 * Why the image must not ship; undefined if it may. Source: the `astro` CLI builds for
 * linux/amd64 and rejects an image without the label of Astro Runtime.
 */
export function shipProblem(info: ImageInfo): string | undefined {
  if (info.platform !== astroPlatform) {
    return `is for ${info.platform}, but Astro runs ${astroPlatform}: build it with --platform=${astroPlatform}`;
  }
  if (info.labels[runtimeLabel] === undefined) {
    return `is not built on Astro Runtime (it has no label ${runtimeLabel}): start its Dockerfile FROM an Astro Runtime image`;
  }
  return undefined;
}
